// Clients that stay with a server, by a cookie.

public import GateCore

/// The cookie that binds a client to a server.
public struct StickyPlan: Sendable, Equatable {
    /// Its name, a token.
    public var cookie: String
    /// Makes the values, so that nobody else can make or read one.
    public var key: SipHash
    public var path = "/"
    /// Seconds that clients keep it; nil: until they are closed.
    public var maxAgeSeconds: Int?

    public init(cookie: String, key: SipHash) {
        self.cookie = cookie
        self.key = key
    }

    /// The value that stands for a server: a keyed hash of what tells it apart, so that it says nothing about the server
    /// and nobody without the key can name another one.
    public func value(upstream: String, server: ServerPlan) -> String {
        let text = "\(upstream)\u{0}\(server.name)\u{0}\(server.address.map { "\($0)" } ?? "")"
        let bytes = Array(text.utf8)
        let (first, second) = key.wideHash(bytes.span)
        return Self.hex(first) + Self.hex(second)
    }

    static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
