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

    private static let suffix = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)

    /// The Sec-WebSocket-Accept that answers a key.
    static func accept(for key: [UInt8]) -> [UInt8] { Base64.encode(LegacyDigest.sha1(key + suffix)) }
}
