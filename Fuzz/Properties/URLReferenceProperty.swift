import GateCore
import GateProxy

/// A URL of a server's answer comes apart into ranges that stand in order, and a path without dots has none.
enum URLReferenceProperty {
    static func check(_ url: Span<UInt8>) {
        let reference = URLReference(url)
        precondition(reference.authority.upperBound <= url.count && reference.path.upperBound <= url.count)
        switch reference.kind {
        case .absolute, .network:
            precondition(reference.authority.lowerBound >= 2)
            precondition(reference.path.lowerBound == reference.authority.upperBound)
        case .rooted: precondition(reference.path.lowerBound == 0 && url[0] == ASCII.slash)
        case .relative: precondition(reference.path.lowerBound == 0 && url[0] != ASCII.slash)
        case .other: precondition(reference.path.isEmpty)
        }
        let path = url.extracting(reference.path)
        if path.count > 0 && path[0] == ASCII.slash { checkDots(path) }
    }

    /// RFC 3986 §5.2.4.
    private static func checkDots(_ path: Span<UInt8>) {
        var plain = ByteBuffer()
        URLReference.appendWithoutDots(path, to: &plain)
        precondition(plain.count > 0 && plain.span[0] == ASCII.slash && plain.count <= path.count)
        var start = 1
        while start <= plain.count {
            let end = ASCII.index(of: ASCII.slash, in: plain.span, from: start)
            let segment = plain.span.extracting(start..<end)
            precondition(!ASCII.equals(segment, [0x2E].span) && !ASCII.equals(segment, [0x2E, 0x2E].span))
            start = end + 1
        }
        var again = ByteBuffer()
        URLReference.appendWithoutDots(plain.span, to: &again)
        precondition(ASCII.equals(again.span, plain.span))
    }
}
