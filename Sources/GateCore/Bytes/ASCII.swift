// Bytes of text as HTTP uses it: classes of characters, comparison without case, and fast scans.

/// Classes of ASCII characters and comparisons over spans.
public enum ASCII {
    public static let tab: UInt8 = 0x09
    public static let lineFeed: UInt8 = 0x0A
    public static let carriageReturn: UInt8 = 0x0D
    public static let space: UInt8 = 0x20
    public static let comma: UInt8 = 0x2C
    public static let slash: UInt8 = 0x2F
    public static let zero: UInt8 = 0x30
    public static let colon: UInt8 = 0x3A
    public static let semicolon: UInt8 = 0x3B

    /// Whether the byte may stand in a token (RFC 9110 §5.6.2).
    @inlinable
    public static func isToken(_ byte: UInt8) -> Bool {
        // One bit for each of the 128 characters, 64 in a word.
        let word: UInt64 = byte & 0x40 == 0 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 0x80 && (word >> UInt64(byte & 0x3F)) & 1 == 1
    }

    @inlinable public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    @inlinable public static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    @inlinable
    public static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit, or nil.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> Int? {
        if byte &- 0x30 < 10 { return Int(byte &- 0x30) }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? Int(letter) + 10 : nil
    }

    /// Whether two runs of bytes are equal when ASCII letters' case is left aside.
    @inlinable
    public static func equalsIgnoringCase(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for i in 0..<a.count where a[i] != b[i] {
            if lowercased(a[i]) != lowercased(b[i]) { return false }
        }
        return true
    }

    /// Whether the bytes spell `word`, which must be in lower case, when the bytes' case is left aside.
    @inlinable
    public static func matches(_ bytes: Span<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            let word = unsafe UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
            return unsafe matches(bytes, word)
        }
    }

    /// Both are of the same length, and the second is in lower case.
    @inlinable
    @unsafe static func matches(_ bytes: UnsafeBufferPointer<UInt8>, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
        // Safe: each load ends at `count` at the latest. The last one overlaps the one before.
        let count = bytes.count
        guard count >= 8 else { return unsafe matchesShort(bytes, word) }
        var i = 0
        while i &+ 8 < count {
            guard unsafe Word.lowercased(bytes.word(at: i)) == word.word(at: i) else { return false }
            i &+= 8
        }
        return unsafe Word.lowercased(bytes.word(at: count &- 8)) == word.word(at: count &- 8)
    }

    @inlinable
    @unsafe static func matchesShort(_ bytes: UnsafeBufferPointer<UInt8>, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = bytes.count
        if count >= 4 {
            return unsafe Word.lowercased(bytes.halfWord(at: 0)) == word.halfWord(at: 0)
                && Word.lowercased(bytes.halfWord(at: count &- 4)) == word.halfWord(at: count &- 4)
        }
        for i in 0..<count where unsafe lowercased(bytes[i]) != word[i] { return false }
        return true
    }

    /// Whether the bytes are `word`, letter for letter.
    @inlinable
    public static func spells(_ bytes: Span<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        let start = word.utf8Start
        for i in 0..<bytes.count where unsafe bytes[i] != start[i] { return false }
        return true
    }

    @inlinable
    public static func equals(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for i in 0..<a.count where a[i] != b[i] { return false }
        return true
    }

    /// A number of decimal digits only, or nil when it is empty, not a number, or above 2^62.
    @inlinable
    public static func decimal(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count > 0 && bytes.count <= 18 else { return nil }
        var value = 0
        for i in 0..<bytes.count {
            guard isDigit(bytes[i]) else { return nil }
            value = value &* 10 &+ Int(bytes[i] &- 0x30)
        }
        return value
    }

    /// The first index from `start` whose byte may not stand in a field value (RFC 9110 §5.5): below 0x20 but
    /// tab, or 0x7F. The span's count when there is none.
    @inlinable
    public static func endOfFieldValue(_ bytes: Span<UInt8>, from start: Int) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            // No bytes may also mean no address.
            guard let address = buffer.baseAddress else { return 0 }
            var i = start
            let end = buffer.count
            let base = UnsafeRawPointer(address)
            let space = SIMD16<UInt8>(repeating: 0x20)
            let tab = SIMD16<UInt8>(repeating: 0x09)
            let delete = SIMD16<UInt8>(repeating: 0x7F)
            while i &+ 16 <= end {
                // Safe: i + 16 <= count.
                let v = unsafe base.loadUnaligned(fromByteOffset: i, as: SIMD16<UInt8>.self)
                let bad = ((v .< space) .& (v .!= tab)) .| (v .== delete)
                if any(bad) { break }
                i &+= 16
            }
            while i &+ 8 <= end {
                // Safe: i + 8 <= count.
                let word = unsafe buffer.word(at: i)
                let marks = Word.marks(word, below: 0x20) | Word.marks(word, of: 0x7F)
                if marks == 0 {
                    i &+= 8
                    continue
                }
                i &+= Word.first(marks)
                guard unsafe buffer[i] == 0x09 else { return i }
                i &+= 1
            }
            while i < end {
                let byte = unsafe buffer[i]
                if byte < 0x20 && byte != 0x09 || byte == 0x7F { break }
                i &+= 1
            }
            return i
        }
    }

    /// The first index from `start` of `byte`, or the span's count.
    @inlinable
    public static func index(of byte: UInt8, in bytes: Span<UInt8>, from start: Int) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            var i = start
            while i &+ 8 <= buffer.count {
                // Safe: i + 8 <= count.
                let marks = unsafe Word.marks(buffer.word(at: i), of: byte)
                if marks != 0 { return i &+ Word.first(marks) }
                i &+= 8
            }
            while i < buffer.count, unsafe buffer[i] != byte { i &+= 1 }
            return i
        }
    }

    /// `range` without spaces and tabs at its ends.
    @inlinable
    public static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high && (bytes[low] == 0x20 || bytes[low] == 0x09) { low &+= 1 }
        while high > low && (bytes[high &- 1] == 0x20 || bytes[high &- 1] == 0x09) { high &-= 1 }
        return low..<high
    }
}
