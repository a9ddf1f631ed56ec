// Strings out of Huffman's code: a table is asked with the next 12 bits and answers up to two symbols at once, which is
// what most text takes. Longer codes, of bytes that are rare in heads, are found by comparing with where each length ends.
//
// The file works on pointers; what it is given are lengths that its one caller has checked.

import GateCore

/// The tables for decoding. Made once for the process; whoever decodes keeps the value.
struct HuffmanDecoder: BitwiseCopyable, @unchecked Sendable {
    // Sendable: nobody writes to the tables after `shared` has been made, and they are never freed.
    static let shared = HuffmanDecoder()

    private static let lookBits = 12
    /// Strings of so many bytes decode to `8 / 5` of them at most: the shortest code has five bits.
    @inline(__always)
    static func decodedMax(_ count: Int) -> Int { count &* 8 / 5 }

    /// What 12 bits begin with. `symbols` has the first in its low byte; `count` is 0 where a longer code begins.
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

    /// What every 12 bits begin with, from the tables for single codes.
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
            // Safe: no length is above 12.
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
        // The bits that come next, from the highest on; `held` of them count. Behind those stand some of what follows, or 0.
        var bits: UInt64 = 0
        var held = 0
        while at < count {
            unsafe refill(from, count, &at, &bits, &held)
            while held >= Self.lookBits {
                let answer = unsafe answers[Int(truncatingIfNeeded: bits &>> UInt64(64 - Self.lookBits))]
                if answer.count > 0 {
                    if stores { unsafe store(answer.symbols, out + written) }
                    written &+= answer.count
                    bits &<<= UInt64(answer.bits)
                    held &-= answer.bits
                    continue
                }
                // It may be cut here, or cut for good.
                if held < HuffmanCode.longest && at < count { break }
                let (symbol, length) = long(Self.padded(bits, held))
                if length > held { break }
                guard symbol < HuffmanCode.endOfString else { return -1 }
                if stores { unsafe out[written] = UInt8(truncatingIfNeeded: symbol) }
                written &+= 1
                bits &<<= UInt64(length)
                held &-= length
            }
        }
        // What is shorter than a look, with ones behind it.
        while true {
            let rest = Self.padded(bits, held)
            let answer = unsafe answers[Int(truncatingIfNeeded: rest &>> UInt64(64 - Self.lookBits))]
            let length = Int(answer.firstBits)
            guard answer.count > 0 && length <= held else {
                // RFC 7541 §5.2: padding is shorter than a byte, and all ones. No code fits into it.
                return held < 8 && rest == UInt64.max ? written : -1
            }
            if stores { unsafe out[written] = UInt8(truncatingIfNeeded: answer.symbols) }
            written &+= 1
            bits &<<= UInt64(length)
            held &-= length
        }
    }

    /// Takes as many whole bytes as fit, all of them at the end of the string.
    @inline(__always)
    @unsafe private func refill(
        _ from: UnsafePointer<UInt8>, _ count: Int, _ at: inout Int, _ bits: inout UInt64, _ held: inout Int
    ) {
        let left = count &- at
        if left >= 8 {
            // Safe: at + 8 <= count. What goes beyond `held` comes again with the next bytes, as the same bits.
            let word = unsafe UnsafeRawPointer(from + at).loadUnaligned(as: UInt64.self)
            bits |= UInt64(bigEndian: word) &>> UInt64(held)
            at &+= (63 &- held) &>> 3
            held |= 56
            return
        }
        var word: UInt64 = 0
        if count >= 8 {
            // Safe: the last eight bytes are there; those before `at` are shifted out.
            let last = unsafe UnsafeRawPointer(from + (count &- 8)).loadUnaligned(as: UInt64.self)
            word = UInt64(bigEndian: last) &<< UInt64(64 &- 8 &* left)
        } else {
            for i in 0..<left { word |= unsafe UInt64(from[at &+ i]) &<< UInt64(56 &- 8 &* i) }
        }
        bits |= word &>> UInt64(held)
        let taken = min(left, (64 &- held) &>> 3)
        at &+= taken
        held &+= 8 &* taken
    }

    @inline(__always)
    private static func padded(_ bits: UInt64, _ held: Int) -> UInt64 {
        held >= 64 ? bits : bits | UInt64.max &>> UInt64(held)
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
