internal import Crypto

/// What a server answers to WebSocket's handshake (RFC 6455 §4.2.2).
public enum WebSocketAnswer {
    /// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
    public static func accept(_ key: String) -> String {
        let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return base64(Array(Insecure.SHA1.hash(data: Array(text.utf8))))
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place > group.count ? "=" : letters[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return text
    }
}
