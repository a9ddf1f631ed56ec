// SipHash-2-4 (Aumasson, Bernstein): a keyed hash that nobody without the key can foresee or forge. Small and its own,
// because the data plane hashes bytes that strangers choose.

/// A key of SipHash-2-4, and the hashes of byte strings under it.
public struct SipHash: Sendable, Equatable {
    @usableFromInline let low: UInt64
    @usableFromInline let high: UInt64

    /// A key of 128 bits.
    public init(_ low: UInt64, _ high: UInt64) {
        self.low = low
        self.high = high
    }

    /// The 64-bit hash. O(n), does not allocate.
    @inlinable
    public func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var state = State(low, high, isWide: false)
        state.absorb(bytes)
        return state.finish(0xFF)
    }

    /// The 64-bit hash of a number.
    @inlinable
    public func hash(_ number: UInt64) -> UInt64 {
        var state = State(low, high, isWide: false)
        state.block(number)
        state.block(8 << 56)
        return state.finish(0xFF)
    }

    /// The 128-bit hash.
    public func wideHash(_ bytes: Span<UInt8>) -> (UInt64, UInt64) {
        var state = State(low, high, isWide: true)
        state.absorb(bytes)
        let first = state.finish(0xEE)
        return (first, state.second())
    }

    @usableFromInline
    struct State {
        @usableFromInline var v0, v1, v2, v3: UInt64

        @inlinable
        init(_ low: UInt64, _ high: UInt64, isWide: Bool) {
            v0 = low ^ 0x736f_6d65_7073_6575
            v1 = high ^ 0x646f_7261_6e64_6f6d ^ (isWide ? 0xEE : 0)
            v2 = low ^ 0x6c79_6765_6e65_7261
            v3 = high ^ 0x7465_6462_7974_6573
        }

        @inlinable
        mutating func absorb(_ bytes: Span<UInt8>) {
            var word: UInt64 = 0
            for index in 0..<bytes.count {
                word |= UInt64(bytes[index]) << UInt64(8 * (index & 7))
                if index & 7 == 7 {
                    block(word)
                    word = 0
                }
            }
            block(word | UInt64(truncatingIfNeeded: bytes.count) << 56)
        }

        @inlinable
        mutating func block(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        @inlinable
        mutating func finish(_ mark: UInt64) -> UInt64 {
            v2 ^= mark
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        mutating func second() -> UInt64 {
            v1 ^= 0xDD
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inlinable
        mutating func round() {
            v0 &+= v1
            v1 = v1 << 13 | v1 >> 51
            v1 ^= v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = v3 << 16 | v3 >> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 << 21 | v3 >> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 << 17 | v1 >> 47
            v1 ^= v2
            v2 = v2 << 32 | v2 >> 32
        }
    }
}
