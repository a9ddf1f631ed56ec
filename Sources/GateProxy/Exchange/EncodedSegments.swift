import GateCore

/// Paths in which a route lets encoded slashes stand.
enum EncodedSegments {
    /// Whether a backend that decodes `%2F` or `%5C` would find a dot segment that routing did not see.
    static func climb(_ path: Span<UInt8>) -> Bool {
        var i = 0
        while i + 2 < path.count {
            if isSeparator(path, i) && (hasDots(path, endingAt: i) || hasDots(path, from: i + 3)) { return true }
            i += 1
        }
        return false
    }

    private static func isSeparator(_ path: Span<UInt8>, _ at: Int) -> Bool {
        guard path[at] == UInt8(ascii: "%"), let high = ASCII.hexValue(path[at + 1]),
            let low = ASCII.hexValue(path[at + 2])
        else { return false }
        return high * 16 + low == 0x2F || high * 16 + low == 0x5C
    }

    /// `.` or `..` between this place and the separator before it.
    private static func hasDots(_ path: Span<UInt8>, endingAt end: Int) -> Bool {
        var dots = 0
        var i = end - 1
        while i >= 0 && path[i] == UInt8(ascii: ".") {
            dots += 1
            i -= 1
        }
        return (dots == 1 || dots == 2) && (i < 0 || path[i] == ASCII.slash || i >= 2 && isSeparator(path, i - 2))
    }

    /// `.` or `..` between this place and the separator behind it.
    private static func hasDots(_ path: Span<UInt8>, from start: Int) -> Bool {
        var i = start
        while i < path.count && path[i] == UInt8(ascii: ".") { i += 1 }
        let dots = i - start
        guard dots == 1 || dots == 2 else { return false }
        return i == path.count || path[i] == ASCII.slash || i + 2 < path.count && isSeparator(path, i)
    }
}
