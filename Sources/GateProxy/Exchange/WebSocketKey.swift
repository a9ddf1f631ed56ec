// WebSocket's handshake as HTTP/1.1 has it (RFC 6455 §4). HTTP/2 does without keys (RFC 8441 §5), so whoever stands between
// the two makes them and checks them.

import GateCore
import GateTLS

/// Keys of WebSocket handshakes.
enum WebSocketKey {
    /// The field's names, in lower case.
    static let field = Array("sec-websocket-key".utf8)
    static let acceptField = Array("sec-websocket-accept".utf8)

    /// A new Sec-WebSocket-Key: 16 random bytes in base64.
    static func make() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// Whether it is Base64 of 16 bytes (RFC 6455 §4.1).
    static func isSound(_ key: Span<UInt8>) -> Bool {
        guard key.count == 24, key[22] == UInt8(ascii: "="), key[23] == UInt8(ascii: "=") else { return false }
        for i in 0..<22 where Base64.value(key[i]) == nil { return false }
        return true
    }

    private static let suffix = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)

    /// The Sec-WebSocket-Accept that answers a key.
    static func accept(for key: [UInt8]) -> [UInt8] { Base64.encode(LegacyDigest.sha1(key + suffix)) }
}
