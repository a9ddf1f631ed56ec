// Strings out of Huffman's code: a table is asked with the next 11 bits and answers up to two symbols at once, which is
// what most text takes. Longer codes, of bytes that are rare in heads, are found by comparing with where each length ends.
//
// The file works on pointers; what it is given are lengths that its one caller has checked.

import GateCore

/// The tables for decoding. Made once for the process; whoever decodes keeps the value.
struct HuffmanDecoder: BitwiseCopyable, @unchecked Sendable {
    // Sendable: nobody writes to the tables after `shared` has been made, and they are never freed.
    static let shared = HuffmanDecoder()

    private static let lookBits = 11
    /// Strings of so many bytes decode to `8 / 5` of them at most: the shortest code has five bits.
    @inline(__always)
    static func decodedMax(_ count: Int) -> Int { count &* 8 / 5 }

    /// What 11 bits begin with. `symbols` has the first in its low byte; `count` is 0 where a longer code begins.
    private struct Answer: BitwiseCopyable {
        var symbols: UInt16 = 0
        /// Bits of the first symbol.
        var firstBits: UInt8 = 0
        /// Symbols in the low two bits, their bits above.
        var countAndBits: UInt8 = 0

        @inline(__always) var count: Int { Int(countAndBits & 3) }
        @inline(__always) var bits: Int { Int(countAndBits &>> 2) }
    }

    private var answers: UnsafePointer<Answer>
    /// For each length: the first bit pattern, left-aligned in 32 bits, beyond the codes of that length.
    private let ends: UnsafePointer<UInt64>
    /// For each length: what to add to a code to get its place in `order`.
    private let offsets: UnsafePointer<Int32>
    private let order: UnsafePointer<UInt16>

    private init() {
        let codes = HuffmanCode.codes()
        let lengths = HuffmanCode.lengths.map(Int.init)
        let symbols = HuffmanCode.symbolsInOrder()
        let order = UnsafeMutablePointer<UInt16>.allocate(capacity: symbols.count)
        let ends = UnsafeMutablePointer<UInt64>.allocate(capacity: HuffmanCode.longest + 1)
        let offsets = UnsafeMutablePointer<Int32>.allocate(capacity: HuffmanCode.longest + 1)
        ends.initialize(repeating: 0, count: HuffmanCode.longest + 1)
        offsets.initialize(repeating: 0, count: HuffmanCode.longest + 1)
        for (place, symbol) in symbols.enumerated() {
            let length = lengths[symbol]
            // Safe: places count the symbols, and no code is longer than `longest`.
            unsafe (order + place).initialize(to: UInt16(symbol))
            if unsafe ends[length] == 0 { unsafe offsets[length] = Int32(place) - Int32(codes[symbol]) }
            unsafe ends[length] = UInt64(codes[symbol] + 1) << UInt64(32 - length)
        }
        self.order = UnsafePointer(order)
        self.ends = UnsafePointer(ends)
        self.offsets = UnsafePointer(offsets)
        // Nobody looks anything up before they are made.
        answers = UnsafePointer(bitPattern: MemoryLayout<Answer>.alignment)!
        answers = makeAnswers()
    }

    /// What every 11 bits begin with, from the tables for single codes.
    private func makeAnswers() -> UnsafePointer<Answer> {
        let answers = UnsafeMutablePointer<Answer>.allocate(capacity: 1 << Self.lookBits)
        for bits in 0..<(1 << Self.lookBits) {
            var answer = Answer()
            if let first = symbol(bits, of: Self.lookBits) {
                let left = Self.lookBits - first.length
                answer.symbols = UInt16(first.symbol)
                answer.firstBits = UInt8(first.length)
                answer.countAndBits = UInt8(first.length << 2 | 1)
                if let second = symbol(bits & (1 << left - 1), of: left) {
                    answer.symbols |= UInt16(second.symbol) << 8
                    answer.countAndBits = UInt8((first.length + second.length) << 2 | 2)
                }
            }
            // Safe: `bits` counts what was allocated.
            unsafe (answers + bits).initialize(to: answer)
        }
        return UnsafePointer(answers)
    }

    /// The symbol whose whole code begins `bits`, of which there are `held`.
    private func symbol(_ bits: Int, of held: Int) -> (symbol: Int, length: Int)? {
        for length in stride(from: 1, through: held, by: 1) {
            let code = bits >> (held - length)
            // Safe: no length is above 11.
            if unsafe UInt64(code) << UInt64(32 - length) < ends[length] {
                return unsafe (Int(order[code + Int(offsets[length])]), length)
            }
        }
        return nil
    }

    /// Decodes the part `range` of `block` and appends it. Nothing is appended when it throws.
    @inline(__always)
    func decode(_ block: Span<UInt8>, _ range: Range<Int>, into out: inout ByteBuffer) throws(HPACKFailure) {
        guard !range.isEmpty else { return }
        // Symbols are stored two at a time.
        out.reserve(Self.decodedMax(range.count) &+ 2)
        let written = block.extracting(range).withUnsafeBufferPointer { from in
            out.withFreeRoom { room in
                // Safe: the bytes are a span's, and room for the most that they decode to was reserved.
                unsafe run(
                    from.baseAddress!, from.count, into: room.baseAddress!.assumingMemoryBound(to: UInt8.self),
                    stores: true)
            }
        }
        if written < 0 { throw .badHuffman }
    }

    /// How many bytes the part `range` of `block` decodes to.
    func count(_ block: Span<UInt8>, _ range: Range<Int>) throws(HPACKFailure) -> Int {
        guard !range.isEmpty else { return 0 }
        let count = block.extracting(range).withUnsafeBufferPointer { from in
            // Safe: the bytes are a span's; nothing is stored, wherever `into` points to.
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2) { room in
                unsafe run(from.baseAddress!, from.count, into: room.baseAddress!, stores: false)
            }
        }
        if count < 0 { throw .badHuffman }
        return count
    }

    /// - Returns: bytes decoded, or -1.
    @inline(__always)
    @unsafe private func run(
        _ from: UnsafePointer<UInt8>, _ count: Int, into out: UnsafeMutablePointer<UInt8>, stores: Bool
    ) -> Int {
        var at = 0
        var written = 0
        // The bits that come next, from the highest on; `held` of them count, the others are 0.
        var bits: UInt64 = 0
        var held = 0
        while at &+ 8 <= count {
            let word = unsafe UnsafeRawPointer(from + at).loadUnaligned(as: UInt64.self)
            bits |= UInt64(bigEndian: word) &>> UInt64(held)
            at &+= (63 &- held) &>> 3
            held |= 56
            // What went beyond `held` comes again with the next word, as the same bits.
            while held >= HuffmanCode.longest {
                let answer = unsafe answers[Int(truncatingIfNeeded: bits &>> UInt64(64 - Self.lookBits))]
                if answer.count > 0 {
                    if stores { unsafe store(answer.symbols, out + written) }
                    written &+= answer.count
                    bits &<<= UInt64(answer.bits)
                    held &-= answer.bits
                } else {
                    let (symbol, length) = long(bits)
                    guard symbol < HuffmanCode.endOfString else { return -1 }
                    if stores { unsafe out[written] = UInt8(truncatingIfNeeded: symbol) }
                    written &+= 1
                    bits &<<= UInt64(length)
                    held &-= length
                }
            }
        }
        // The last bytes, a symbol at a time, with ones behind the end.
        bits = held == 0 ? 0 : bits & ~(UInt64.max &>> UInt64(held))
        while true {
            while at < count && held <= 56 {
                bits |= unsafe UInt64(from[at]) &<< UInt64(56 &- held)
                held &+= 8
                at &+= 1
            }
            let padded = bits | (held == 64 ? 0 : UInt64.max &>> UInt64(held))
            let answer = unsafe answers[Int(truncatingIfNeeded: padded &>> UInt64(64 - Self.lookBits))]
            var (symbol, length) = (Int(answer.symbols & 0xFF), Int(answer.firstBits))
            if answer.count == 0 { (symbol, length) = long(padded) }
            if length > held {
                // RFC 7541 §5.2: padding is shorter than a byte, and all ones.
                return held < 8 && padded == UInt64.max ? written : -1
            }
            guard symbol < HuffmanCode.endOfString else { return -1 }
            if stores { unsafe out[written] = UInt8(truncatingIfNeeded: symbol) }
            written &+= 1
            bits &<<= UInt64(length)
            held &-= length
        }
    }

    @inline(__always)
    @unsafe private func store(_ symbols: UInt16, _ to: UnsafeMutablePointer<UInt8>) {
        // Safe: two bytes more than the most that a string decodes to are there.
        unsafe UnsafeMutableRawPointer(to).storeBytes(of: symbols.littleEndian, as: UInt16.self)
    }

    /// The symbol that `bits` begin with when its code is longer than a look.
    private func long(_ bits: UInt64) -> (symbol: Int, length: Int) {
        let top = bits &>> 32
        var length = Self.lookBits &+ 1
        // Safe: the last length's end is beyond every 32 bits, so the loop ends there at the latest.
        while unsafe top >= ends[length] { length &+= 1 }
        let code = Int(truncatingIfNeeded: top &>> UInt64(32 &- length))
        return unsafe (Int(order[code &+ Int(offsets[length])]), length)
    }
}
