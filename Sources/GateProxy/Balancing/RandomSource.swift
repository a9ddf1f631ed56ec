// A worker's random numbers: fast, and the same again for the same seed. Not for secrets.

/// SplitMix64.
struct RandomSource: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// 0..<end, evenly but for a part in 2^32.
    mutating func number(below end: Int) -> Int { Self.scale(next(), below: end) }

    /// Spreads a hash over 0..<end.
    static func scale(_ hash: UInt64, below end: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(end)).high)
    }

    /// Every bit of the result depends on every bit of `value`.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
