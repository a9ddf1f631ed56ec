// The nine bytes in front of every frame. RFC 9113 §4.1.

import GateCore

/// A frame's length, type, flags and stream.
struct HTTP2FrameHeader: BitwiseCopyable {
    /// Bytes of a header on the wire.
    static let bytes = 9
    /// The longest payload that we announce and send: what every peer takes (SETTINGS_MAX_FRAME_SIZE is never raised).
    static let payloadBytesMax = 16_384

    /// Bytes of payload, 0...2^24-1.
    var length: Int
    /// `HTTP2FrameType.rawValue`, or a type that we do not know.
    var type: UInt8
    var flags: HTTP2FrameFlags
    /// 0...2^31-1; the reserved bit is ignored.
    var streamID: UInt32

    init(length: Int, type: HTTP2FrameType, flags: HTTP2FrameFlags, streamID: UInt32) {
        self.length = length
        self.type = type.rawValue
        self.flags = flags
        self.streamID = streamID
    }

    /// Reads the header at `at`; nine bytes must be there.
    @inline(__always)
    init(_ input: Span<UInt8>, at: Int) {
        let first = HTTP2Bytes.number(input, at: at)
        length = Int(first >> 8)
        type = UInt8(truncatingIfNeeded: first)
        flags = HTTP2FrameFlags(rawValue: input[at &+ 4])
        streamID = HTTP2Bytes.number(input, at: at &+ 5) & HTTP2Bytes.streamIDMax
    }
}

/// Numbers in frames.
enum HTTP2Bytes {
    /// 2^31-1: the largest stream identifier, and the largest window.
    static let streamIDMax: UInt32 = 0x7FFF_FFFF

    /// The 32 bits at `at`, most significant byte first.
    @inline(__always)
    static func number(_ input: Span<UInt8>, at: Int) -> UInt32 {
        UInt32(input[at]) << 24 | UInt32(input[at &+ 1]) << 16 | UInt32(input[at &+ 2]) << 8 | UInt32(input[at &+ 3])
    }

    /// The 64 bits at `at`.
    static func longNumber(_ input: Span<UInt8>, at: Int) -> UInt64 {
        UInt64(number(input, at: at)) << 32 | UInt64(number(input, at: at &+ 4))
    }
}

extension ByteBuffer {
    mutating func append(_ header: HTTP2FrameHeader) {
        reserve(HTTP2FrameHeader.bytes)
        let first = UInt32(truncatingIfNeeded: header.length) << 8 | UInt32(header.type)
        _ = withFreeRoom { room in
            // Safe: nine bytes were reserved.
            unsafe room.storeBytes(of: first.bigEndian, as: UInt32.self)
            unsafe room.storeBytes(of: header.flags.rawValue, toByteOffset: 4, as: UInt8.self)
            unsafe room.storeBytes(of: header.streamID.bigEndian, toByteOffset: 5, as: UInt32.self)
            return HTTP2FrameHeader.bytes
        }
    }

    /// Appends 32 bits, most significant byte first.
    mutating func append(bigEndian number: UInt32) {
        reserve(4)
        _ = withFreeRoom { room in
            // Safe: four bytes were reserved.
            unsafe room.storeBytes(of: number.bigEndian, as: UInt32.self)
            return 4
        }
    }

    /// Appends 64 bits, most significant byte first.
    mutating func append(bigEndian number: UInt64) {
        append(bigEndian: UInt32(truncatingIfNeeded: number >> 32))
        append(bigEndian: UInt32(truncatingIfNeeded: number))
    }

    /// Appends one setting. RFC 9113 §6.5.1.
    mutating func append(setting: HTTP2Setting, _ value: UInt32) {
        append(byte: UInt8(truncatingIfNeeded: setting.rawValue >> 8))
        append(byte: UInt8(truncatingIfNeeded: setting.rawValue))
        append(bigEndian: value)
    }

    /// Sets the length in the frame header at `offset` from the front.
    mutating func setFrameLength(_ length: Int, at offset: Int) {
        replace(at: offset, with: UInt8(truncatingIfNeeded: length >> 16))
        replace(at: offset + 1, with: UInt8(truncatingIfNeeded: length >> 8))
        replace(at: offset + 2, with: UInt8(truncatingIfNeeded: length))
    }

    /// Sets the flags in the frame header at `offset` from the front.
    mutating func setFrameFlags(_ flags: HTTP2FrameFlags, at offset: Int) {
        replace(at: offset + 4, with: flags.rawValue)
    }
}
