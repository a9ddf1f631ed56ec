// Eight bytes of text at a time in one machine word, the first in the lowest byte.

/// Comparisons of eight bytes at once. Results that mark bytes do so in their highest bits.
public enum Word {
    @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable static var highs: UInt64 { 0x8080_8080_8080_8080 }

    /// Marks the bytes that are `byte`. Only the lowest mark is certain, and that there is none.
    @inlinable
    public static func marks(_ word: UInt64, of byte: UInt8) -> UInt64 {
        let zeros = word ^ (ones &* UInt64(byte))
        return (zeros &- ones) & ~zeros & highs
    }

    /// Marks the bytes below `limit`, which is 128 at most. Only the lowest mark is certain, and that there is none.
    @inlinable
    public static func marks(_ word: UInt64, below limit: UInt8) -> UInt64 {
        (word &- ones &* UInt64(limit)) & ~word & highs
    }

    /// The index of the lowest marked byte.
    @inlinable
    public static func first(_ marks: UInt64) -> Int { marks.trailingZeroBitCount &>> 3 }

    /// ASCII letters in lower case, every other byte as it is.
    @inlinable
    public static func lowercased(_ word: UInt64) -> UInt64 {
        let low7 = word & ~highs
        let fromA = low7 &+ ones &* 0x3F
        let beyondZ = low7 &+ ones &* 0x25
        return word | ((fromA & ~beyondZ & ~word & highs) &>> 2)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The eight bytes at `offset`. Unsafe: the caller answers for `offset + 8 <= count`.
    @inlinable @inline(__always)
    @unsafe func word(at offset: Int) -> UInt64 {
        unsafe UnsafeRawPointer(baseAddress!).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The four bytes at `offset`. Unsafe: the caller answers for `offset + 4 <= count`.
    @inlinable @inline(__always)
    @unsafe func halfWord(at offset: Int) -> UInt64 {
        UInt64(unsafe UnsafeRawPointer(baseAddress!).loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
