import GateCore
import Testing

@Suite("Base64 (RFC 4648)")
struct Base64Tests {
    @Test(
        "is as the RFC's own examples have it (§10)",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(text: String, encoded: String) {
        #expect(String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self) == encoded)
    }

    @Test("goes behind what is in a buffer, which grows for it only where it must")
    func appends() {
        var text = ByteBuffer(capacity: 9)
        text.append(byte: 0x2D)
        Base64.encode(Array("fooba".utf8).span, into: &text)
        #expect(text.span.text == "-Zm9vYmE=")
        #expect(text.capacity == 9)
        Base64.encode(Array("f".utf8).span, into: &text)
        #expect(text.span.text == "-Zm9vYmE=Zg==")
    }

    @Test("uses every letter of its alphabet, in order (§4)")
    func alphabet() {
        let bytes = (0..<16).flatMap { group in
            let bits = (0..<4).reduce(UInt32(0)) { $0 << 6 | UInt32(group * 4 + $1) }
            return [UInt8(bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
        }
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        #expect(String(decoding: Base64.encode(bytes), as: UTF8.self) == letters)
    }
}
