// What is known of a gRPC-Web call while it is translated, and how its text form is decoded as it comes.

import GateCore

/// How an exchange's client speaks gRPC-Web. Empty for all others.
struct GRPCWeb: BitwiseCopyable {
    enum Form: UInt8, BitwiseCopyable { case none, binary, text }

    var form = Form.none
    /// The response is gRPC's, and is translated.
    var translatesResponse = false
    /// Letters of a group that is not whole.
    var letters: UInt32 = 0
    var letterCount: UInt8 = 0
    var isMalformed = false

    var isOn: Bool { form != .none }

    var mediaType: StaticString { form == .text ? "application/grpc-web-text+proto" : "application/grpc-web+proto" }

    /// Decodes letters as they come. Padding may stand in the middle: each message may have been encoded by itself.
    mutating func decode(_ text: Span<UInt8>, into out: inout ByteBuffer) {
        for i in 0..<text.count where !isMalformed {
            if text[i] == UInt8(ascii: "=") { endGroup(into: &out) } else { take(text[i], &out) }
        }
    }

    private mutating func take(_ letter: UInt8, _ out: inout ByteBuffer) {
        guard let value = Base64.value(letter) else {
            isMalformed = true
            return
        }
        letters = letters << 6 | UInt32(value)
        letterCount += 1
        if letterCount == 4 { flush(3, &out) }
    }

    /// The text is over; its last group may have gone without padding.
    mutating func endText(into out: inout ByteBuffer) { endGroup(into: &out) }

    /// Padding: the group has as many bytes as its letters are good for. A second sign of padding finds none.
    private mutating func endGroup(into out: inout ByteBuffer) {
        switch letterCount {
        case 0: break
        case 2:
            letters <<= 12
            flush(1, &out)
        case 3:
            letters <<= 6
            flush(2, &out)
        default: isMalformed = true
        }
    }

    private mutating func flush(_ count: Int, _ out: inout ByteBuffer) {
        for index in 0..<count { out.append(byte: UInt8(truncatingIfNeeded: letters >> UInt32(16 - 8 * index))) }
        letters = 0
        letterCount = 0
    }
}
