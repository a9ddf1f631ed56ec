// What a request asks for, split into its parts where it stands. Nothing is decoded here.

import GateCore

/// A request target and its form (RFC 9112 §3.2). Ranges are indices of the target's bytes.
public struct RequestTarget: Equatable, Sendable {
    public enum Form: UInt8, Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`, as clients of forward proxies send it
        case absolute
        /// `host:port`, for CONNECT only
        case authority
        /// `*`, for OPTIONS only
        case asterisk
    }

    public var form: Form
    /// Whether an absolute form's scheme is `https`.
    public var isSecure = false
    /// Host and port; empty but in absolute and authority form. `HostRules` has the say about it.
    public var authority = 0..<0
    /// Empty stands for `/` in absolute form, but for OPTIONS, where an empty path without a query is `*`
    /// (RFC 9112 §3.2.4).
    public var path = 0..<0
    /// With its `?`; empty when there is none.
    public var query = 0..<0

    /// A target of this form without parts.
    public init(form: Form, isSecure: Bool = false, authority: Range<Int> = 0..<0) {
        self.form = form
        self.isSecure = isSecure
        self.authority = authority
    }

    public enum Result: Equatable, Sendable {
        case target(RequestTarget)
        case invalid(HTTPViolation)
    }

    /// Classifies and splits `bytes`.
    ///
    /// Visible ASCII is accepted but `#`: a fragment never travels (RFC 9110 §4.2.5), and backends differ in what they
    /// make of one. `"<>^`{|}` and the backslash are no URI characters, but browsers send most of them in queries and
    /// every common server takes them; the backslash in a path is `PathNormalizer`'s to refuse. Controls, space, DEL
    /// and bytes above 0x7F are refused: they must come percent-encoded.
    public static func parse(_ bytes: Span<UInt8>, method: Method) -> Result {
        guard bytes.count > 0, isVisible(bytes) else { return .invalid(.badTarget) }
        if method == .connect { return .target(RequestTarget(form: .authority, authority: 0..<bytes.count)) }
        if bytes[0] == UInt8(ascii: "/") {
            var target = RequestTarget(form: .origin)
            target.splitPath(bytes, from: 0)
            return .target(target)
        }
        if bytes.count == 1 && bytes[0] == UInt8(ascii: "*") {
            return method == .options ? .target(RequestTarget(form: .asterisk)) : .invalid(.unsupportedTargetForm)
        }
        return absolute(bytes)
    }

    private static func isVisible(_ bytes: Span<UInt8>) -> Bool {
        for i in 0..<bytes.count where bytes[i] &- 0x21 >= 0x5E || bytes[i] == UInt8(ascii: "#") { return false }
        return true
    }

    private static func absolute(_ bytes: Span<UInt8>) -> Result {
        guard let (isSecure, start) = scheme(bytes) else { return .invalid(.unsupportedTargetForm) }
        var end = start
        while end < bytes.count && bytes[end] != UInt8(ascii: "/") && bytes[end] != UInt8(ascii: "?") { end += 1 }
        guard end > start else { return .invalid(.badTarget) }
        var target = RequestTarget(form: .absolute, isSecure: isSecure, authority: start..<end)
        target.splitPath(bytes, from: end)
        return .target(target)
    }

    /// The index after `http://` or `https://`, in any case.
    private static func scheme(_ bytes: Span<UInt8>) -> (isSecure: Bool, end: Int)? {
        if bytes.count >= 7 && ASCII.matches(bytes.extracting(0..<7), "http://") { return (false, 7) }
        if bytes.count >= 8 && ASCII.matches(bytes.extracting(0..<8), "https://") { return (true, 8) }
        return nil
    }

    private mutating func splitPath(_ bytes: Span<UInt8>, from start: Int) {
        let mark = ASCII.index(of: UInt8(ascii: "?"), in: bytes, from: start)
        path = start..<mark
        query = mark..<bytes.count
    }
}
