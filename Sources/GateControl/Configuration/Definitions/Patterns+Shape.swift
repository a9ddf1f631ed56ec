internal import GateConfig
internal import GateCore
internal import GatePattern

extension Shape where Value == Configuration.HostPattern {
    /// `example.com`, `*.example.com`, `192.0.2.1` or `[::1]`, in lower case; or `{ regex: … }`.
    static var hostPattern: Shape<Configuration.HostPattern> {
        .scalarOr(hostName, Shape<Pattern>.patternMapping.converted { pattern, _, _ in .regex(pattern) })
    }

    private static var hostName: Shape<Configuration.HostPattern> {
        Shape<String>.text("a host name such as `example.com` or `*.example.com`", problem)
            .converted { text, _, _ in pattern(text) }.shown { "\($0)" }
    }

    @Sendable
    private static func pattern(_ text: String) -> Configuration.HostPattern {
        let lower = text.lowercased()
        if lower.hasPrefix("*.") { return .suffix(String(lower.dropFirst(2))) }
        if lower.hasPrefix("["), let address = IPAddress(lower.dropFirst().dropLast()) { return .exact("[\(address)]") }
        return .exact(lower)
    }

    @Sendable
    private static func problem(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return "has letters beyond ASCII; write the name's `xn--` form"
        }
        if text == "*" { return "is every host; leave the key out instead" }
        if text.contains("://") { return "is a URL; write only the host name" }
        if text.hasPrefix("[") {
            let address = text.hasSuffix("]") ? IPAddress(text.dropFirst().dropLast()) : nil
            return address.map { !$0.isIPv4 } == true
                ? nil : "is no IPv6 address in brackets; write `[::1]` without a port"
        }
        if IPAddress(text) != nil { return text.contains(":") ? "lacks brackets; write `[\(text)]`" : nil }
        if text.contains(":") { return "has a port; write the host name alone, as a site answers on every listener" }
        if text.hasSuffix(".") { return "ends with a dot; remove it" }
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        if name.contains("*") { return "has `*` in the wrong place; write `*.example.com`" }
        guard HostName.isValid(name), !HostName.looksLikeIPv4(name) else {
            return "is no host name; write labels of letters, digits and `-` joined by dots"
        }
        return nil
    }
}

extension Configuration.HostPattern {
    /// True if every host that fits `other` fits this too.
    func covers(_ other: Self) -> Bool {
        switch (self, other) {
        case (.suffix(let suffix), .exact(let name)): name.hasSuffix(".\(suffix)")
        case (.suffix(let suffix), .suffix(let longer)): longer == suffix || longer.hasSuffix(".\(suffix)")
        case (.exact, _), (.regex, _): self == other
        case (.suffix, .regex): false
        }
    }
}

extension Shape where Value == Configuration.PathPattern {
    /// `/a`, `/a/*`, `/a/*.png` or `*`, in the form that routing sees; or `{ regex: … }`.
    static var pathPattern: Shape<Configuration.PathPattern> {
        .scalarOr(path, Shape<Pattern>.patternMapping.converted { pattern, _, _ in .regex(pattern) })
    }

    private static var path: Shape<Configuration.PathPattern> {
        Shape<String>.text("a path such as `/a`, `/a/*` or `/img/*.png`", pattern: "^(/|\\*$)", problem)
            .converted { text, _, _ in pattern(text) }.shown { "\($0)" }
    }

    @Sendable
    private static func pattern(_ text: String) -> Configuration.PathPattern {
        if text == "*" { return .any }
        let path = PathText.normalised(text) ?? text
        guard path.contains("*") else { return .exact(path) }
        let prefix = path.dropLast()
        return path.hasSuffix("/*") && !prefix.contains("*") ? .prefix(String(prefix)) : .glob(path)
    }

    @Sendable
    private static func problem(_ text: String) -> String? {
        if text == "*" { return nil }
        guard text.hasPrefix("/") else { return "does not begin with `/`; put one before it" }
        let path = text
        if path.split(separator: "/").contains(where: { $0.contains("**") && $0 != "**" }) {
            return "has `**` beside other text; it stands for whole segments, as in `/a/**/b`"
        }
        if path.contains("?") { return "has a query; a route matches on the path alone" }
        if path.contains("#") { return "has a fragment, which clients never send" }
        if path.contains("//") { return "has `//`, which requests never have once normalised; write one `/`" }
        if path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) {
            return "has a dot segment, which requests never have once normalised; write the path that it means"
        }
        if PathText.normalised(text) == nil {
            return "has a `%` without two hexadecimal digits, or a control character"
        }
        return nil
    }
}

extension Configuration.PathPattern {
    /// True if every path that fits `other` fits this too.
    func covers(_ other: Self) -> Bool {
        switch (self, other) {
        case (.any, _): true
        case (.prefix(let prefix), .exact(let path)): path.hasPrefix(prefix)
        case (.prefix(let prefix), .prefix(let longer)): longer.hasPrefix(prefix)
        case (.prefix(let prefix), .glob(let glob)): glob.prefix { $0 != "*" }.hasPrefix(prefix)
        case (.exact, .exact), (.glob, .glob), (.regex, .regex): self == other
        case (.exact, _), (.prefix, _), (.glob, _), (.regex, _): false
        }
    }
}

/// Paths in the form that routing compares (RFC 3986 §6.2.2): unreserved octets plain, all others that a path may not
/// hold as `%XX` in upper case.
enum PathText {
    /// That form; nil for a broken `%` and for control characters.
    static func normalised(_ text: String) -> String? {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte >= 0x20, byte != 0x7f else { return nil }
            guard byte == UInt8(ascii: "%") else {
                append(byte, isEncoded: byte == 0x20 || byte >= 0x80, to: &result)
                continue
            }
            guard rest.count >= 2, let digits = String(validating: rest.prefix(2), as: UTF8.self) else { return nil }
            guard digits.allSatisfy(\.isHexDigit), let octet = UInt8(digits, radix: 16) else { return nil }
            rest = rest.dropFirst(2)
            append(octet, isEncoded: !isUnreserved(octet), to: &result)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func append(_ byte: UInt8, isEncoded: Bool, to bytes: inout [UInt8]) {
        guard isEncoded else {
            bytes.append(byte)
            return
        }
        let digits = String(byte, radix: 16, uppercase: true)
        bytes += Array("%\(digits.count == 1 ? "0" : "")\(digits)".utf8)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~".utf8.contains(byte)
        }
    }
}
