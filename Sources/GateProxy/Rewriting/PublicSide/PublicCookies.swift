// Cookies of a server: their Domain and Path name the public side, so that the client keeps them and sends them back to
// this application alone (RFC 6265 §4.1.2, §5.1.3, §5.1.4).

import GateCore
import GateHTTP

struct PublicCookies {
    private let urls: PublicURLs

    init(_ urls: PublicURLs) { self.urls = urls }

    /// One Set-Cookie value. Answers false when it stays as it is.
    func append(_ value: Span<UInt8>, to out: inout ByteBuffer) -> Bool {
        var isChanged = false
        // `__Host-` cookies must have `Path=/` and no Domain, or clients drop them.
        let isBound = value.count > 7 && ASCII.matches(value.extracting(0..<7), "__host-")
        var start = 0
        while start < value.count {
            let end = ASCII.index(of: UInt8(ascii: ";"), in: value, from: start)
            let part = value.extracting(start..<end)
            if start > 0 { out.append(byte: UInt8(ascii: ";")) }
            if start > 0, !isBound, appendAttribute(part, to: &out) { isChanged = true } else { out.append(part) }
            start = end + 1
        }
        return isChanged
    }

    private func appendAttribute(_ part: Span<UInt8>, to out: inout ByteBuffer) -> Bool {
        let equals = ASCII.index(of: UInt8(ascii: "="), in: part, from: 0)
        guard equals < part.count else { return false }
        let name = part.extracting(ASCII.trimmed(part, 0..<equals))
        let range = ASCII.trimmed(part, (equals + 1)..<part.count)
        let value = part.extracting(range)
        if name.count == 4, ASCII.matches(name, "path") {
            guard urls.mount != nil, value.count > 0, value[0] == ASCII.slash else { return false }
            out.append(part, 0..<range.lowerBound)
            appendPath(value, to: &out)
            return true
        }
        guard name.count == 6, ASCII.matches(name, "domain"), isServers(value) else { return false }
        out.append(part, 0..<range.lowerBound)
        urls.withPublicHost { out.append($0) }
        return true
    }

    private func appendPath(_ path: Span<UInt8>, to out: inout ByteBuffer) {
        guard let mount = urls.mount else { return out.append(path) }
        let above = TargetRewriter.strippedCount(mount.serverPrefix.span, Self.withoutSlash(path))
        let isAbove = path.count == 1 || above > 0 && above < mount.serverPrefix.count
        guard isAbove else { return urls.appendPath(path, to: &out) }
        // It is for all of the application.
        if mount.publicPrefix.isEmpty { out.append(byte: ASCII.slash) } else { out.append(mount.publicPrefix.span) }
    }

    private static func withoutSlash(_ path: Span<UInt8>) -> [UInt8] {
        var bytes = (0..<path.count).map { path[$0] }
        if bytes.last == ASCII.slash { bytes.removeLast() }
        return bytes
    }

    /// Whether a domain is that of a server and not that of the public side: no client would keep such a cookie.
    private func isServers(_ domain: Span<UInt8>) -> Bool {
        let isDotted = domain.count > 0 && domain[0] == UInt8(ascii: ".")
        let domain = isDotted ? domain.extracting(1...) : domain
        guard domain.count > 0, let route = urls.exchange.route else { return false }
        if urls.withPublicHost({ Self.isWithin($0, domain) }) { return false }
        return urls.serverNames(route).contains { name in
            let bytes = Array(name.utf8)
            guard let rules = HostRules.parse(bytes.span) else { return false }
            return Self.isWithin(bytes.span.extracting(rules.host), domain)
        }
    }

    /// RFC 6265 §5.1.3.
    private static func isWithin(_ host: Span<UInt8>, _ domain: Span<UInt8>) -> Bool {
        let rest = host.count - domain.count
        guard rest >= 0, ASCII.equalsIgnoringCase(host.extracting(rest...), domain) else { return false }
        return rest == 0 || host[rest - 1] == UInt8(ascii: ".")
    }
}
