// A URI reference split where it stands, as far as mapping needs it (RFC 3986 §4.1).

package import GateCore

package struct URLReference {
    package enum Kind: Equatable {
        /// `http://host…`, `https://host…`
        case absolute(isSecure: Bool)
        /// `//host…`
        case network
        /// `/path…`
        case rooted
        /// `path…`
        case relative
        /// Another scheme; no path at all.
        case other
    }

    package private(set) var kind = Kind.other
    package private(set) var authority = 0..<0
    /// Up to `?` or `#`.
    package private(set) var path = 0..<0

    package init(_ url: Span<UInt8>) {
        let mark = Self.end(url, from: 0, at: ":/?#")
        if mark < url.count && url[mark] == ASCII.colon {
            guard let isSecure = Self.scheme(url.extracting(0..<mark)), Self.hasSlashes(url, at: mark + 1) else {
                return
            }
            kind = .absolute(isSecure: isSecure)
            split(url, from: mark + 3)
        } else if Self.hasSlashes(url, at: 0) {
            kind = .network
            split(url, from: 2)
        } else {
            path = 0..<Self.end(url, from: 0, at: "?#")
            kind = path.isEmpty ? .other : url[0] == ASCII.slash ? .rooted : .relative
        }
    }

    private mutating func split(_ url: Span<UInt8>, from start: Int) {
        authority = start..<Self.end(url, from: start, at: "/?#")
        path = authority.upperBound..<Self.end(url, from: authority.upperBound, at: "?#")
    }

    /// Whether it is https; nil for neither of the two.
    private static func scheme(_ bytes: Span<UInt8>) -> Bool? {
        if bytes.count == 4 && ASCII.matches(bytes, "http") { return false }
        if bytes.count == 5 && ASCII.matches(bytes, "https") { return true }
        return nil
    }

    private static func hasSlashes(_ url: Span<UInt8>, at index: Int) -> Bool {
        index + 1 < url.count && url[index] == ASCII.slash && url[index + 1] == ASCII.slash
    }

    private static func end(_ url: Span<UInt8>, from start: Int, at signs: StaticString) -> Int {
        var i = start
        // Safe: the pointer is the literal's own, and the index is below its count.
        while i < url.count && !(0..<signs.utf8CodeUnitCount).contains(where: { unsafe signs.utf8Start[$0] == url[i] })
        {
            i += 1
        }
        return i
    }

    /// Appends a path that begins with `/` without its dot segments (RFC 3986 §5.2.4).
    package static func appendWithoutDots(_ path: Span<UInt8>, to out: inout ByteBuffer) {
        let start = out.count
        var i = 0
        while i < path.count {
            let end = ASCII.index(of: ASCII.slash, in: path, from: i + 1)
            switch dots(path.extracting((i + 1)..<end)) {
            case 1: if end == path.count { out.append(byte: ASCII.slash) }
            case 2:
                while out.count > start, out.span[out.count - 1] != ASCII.slash { out.dropLast(1) }
                if out.count > start { out.dropLast(1) }
                if end == path.count { out.append(byte: ASCII.slash) }
            default: out.append(path, i..<end)
            }
            i = end
        }
        if out.count == start { out.append(byte: ASCII.slash) }
    }

    private static func dots(_ segment: Span<UInt8>) -> Int {
        guard segment.count == 1 || segment.count == 2 else { return 0 }
        for i in 0..<segment.count where segment[i] != UInt8(ascii: ".") { return 0 }
        return segment.count
    }
}
