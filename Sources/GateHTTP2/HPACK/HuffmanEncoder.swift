import GateCore

/// Strings into Huffman's code. Made once for the process; whoever encodes keeps the value.
struct HuffmanEncoder: BitwiseCopyable, @unchecked Sendable {
    // Sendable: nobody writes to the table after `shared` has been made, and it is never freed.
    static let shared = HuffmanEncoder()

    /// For each byte its code in the low 32 bits, and the code's bits above.
    private let codes: UnsafePointer<UInt64>

    private init() {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        let codes = HuffmanCode.codes()
        for byte in 0..<256 {
            unsafe (table + byte).initialize(to: UInt64(codes[byte]) | UInt64(HuffmanCode.lengths[byte]) << 32)
        }
        self.codes = UnsafePointer(table)
    }

    /// Bytes that `bytes` take when encoded.
    @inline(__always)
    func encodedCount(_ bytes: Span<UInt8>, lowercasing: Bool) -> Int {
        var bits: UInt64 = 0
        for i in 0..<bytes.count {
            // Safe: the table has an element for each byte.
            bits &+= unsafe codes[Int(lowercasing ? ASCII.lowercased(bytes[i]) : bytes[i])] &>> 32
        }
        return Int(truncatingIfNeeded: (bits &+ 7) &>> 3)
    }

    /// Appends `bytes` encoded; `encodedCount` is what the function of that name said.
    @inline(__always)
    func encode(_ bytes: Span<UInt8>, lowercasing: Bool, encodedCount: Int, into out: inout ByteBuffer) {
        // Four bytes are stored at a time.
        out.reserve(encodedCount &+ 4)
        _ = out.withFreeRoom { room in
            // Safe: as many bytes were reserved.
            unsafe run(bytes, lowercasing, into: room.baseAddress!)
            return encodedCount
        }
    }

    @inline(__always)
    @unsafe private func run(_ bytes: Span<UInt8>, _ lowercasing: Bool, into out: UnsafeMutableRawPointer) {
        var bits: UInt64 = 0
        var held: UInt64 = 0
        var at = 0
        for i in 0..<bytes.count {
            let code = unsafe codes[Int(lowercasing ? ASCII.lowercased(bytes[i]) : bytes[i])]
            let length = code &>> 32
            bits = bits &<< length | code & 0xFFFF_FFFF
            held &+= length
            if held >= 32 {
                held &-= 32
                let word = UInt32(truncatingIfNeeded: bits &>> held)
                unsafe out.storeBytes(of: word.bigEndian, toByteOffset: at, as: UInt32.self)
                at &+= 4
            }
        }
        guard held > 0 else { return }
        // Ones behind the end, which begin the code for the end of the string (RFC 7541 §5.2).
        let word = UInt32(truncatingIfNeeded: bits &<< (32 &- held)) | UInt32.max &>> UInt32(held)
        unsafe out.storeBytes(of: word.bigEndian, toByteOffset: at, as: UInt32.self)
    }
}
