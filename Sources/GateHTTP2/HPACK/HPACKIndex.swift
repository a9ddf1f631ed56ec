// Finds fields in the encoder's table: by what was sent last under a name, then by a hash of the field.
//
// Nothing is taken out when entries leave the table. A number that leads to one that has left, or to one that merely shares
// a bucket, is found out by looking: numbers of live entries are the last `count` ones, and bytes are compared.

import GateCore

/// The numbers of the table's entries by name and by field. The hash is not keyed: who makes fields collide gets steps
/// that are bounded, and literals.
struct HPACKIndex: ~Copyable {
    /// Steps from one entry of a bucket to the next older one.
    private static let stepsMax = 8
    private static let bucketCount = 128
    private static let recentCount = 64
    private static let otherNameBuckets = 64

    /// What belongs to one entry: its field's hash, and the entry before it in the same bucket.
    private struct Link: BitwiseCopyable {
        var hash: UInt32
        var older: UInt16
        var olderName: UInt16
    }

    /// One run of memory: the last entry of each numbered name, of each bucket of other names, of each bucket of fields;
    /// then the marks of fields that were seen once.
    private var numbers: UnsafeMutablePointer<UInt16>?
    /// Where the next mark goes: they are a ring, so that two fields never keep each other out.
    private var recentNext = 0
    /// A ring as the table's.
    private var links: UnsafeMutablePointer<Link>?
    private var linksRoom = 0

    private static let names = 0
    private static let otherNames = names + 128
    private static let fields = otherNames + otherNameBuckets
    private static let recent = fields + bucketCount
    private static let numbersCount = recent + recentCount

    init() {}

    deinit {
        numbers?.deallocate()
        links?.deallocate()
    }

    var heldBytes: Int { (numbers == nil ? 0 : Self.numbersCount * 2) + linksRoom * MemoryLayout<Link>.stride }

    /// A hash of a field or of a name; letters count as if in lower case.
    @inline(__always)
    static func hash(_ bytes: Span<UInt8>, seed: UInt32) -> UInt32 {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: bytes.count)
        bytes.withUnsafeBufferPointer { bytes in
            let count = bytes.count
            guard let address = bytes.baseAddress else { return }
            let base = UnsafeRawPointer(address)
            var i = 0
            // Safe: each load ends at `count` at the latest; the last one overlaps the one before.
            while i &+ 8 < count {
                state = unsafe mix(state, base.loadUnaligned(fromByteOffset: i, as: UInt64.self))
                i &+= 8
            }
            if count >= 8 {
                state = unsafe mix(state, base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
            } else {
                var word: UInt64 = 0
                while i < count {
                    word = unsafe word &<< 8 | UInt64(bytes[i])
                    i &+= 1
                }
                state = mix(state, word)
            }
        }
        return UInt32(truncatingIfNeeded: state &>> 32)
    }

    @inline(__always)
    private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ (word | 0x2020_2020_2020_2020)).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }

    // MARK: Looking

    /// The place in `table`, 0 for the newest, of an entry with this name and value; nil if none is found.
    /// `other` is the name, in any case, when it has no number. `hash` is the field's.
    @inline(__always)
    func find(
        _ name: HPACKName, other: Span<UInt8>, value: Span<UInt8>, hash: UInt32, in table: borrowing HPACKDynamicTable
    ) -> Int? {
        guard let numbers, let links else { return nil }
        // Safe: the bucket is below `bucketCount`, and the links are a ring as large as the table's.
        var number = unsafe numbers[Self.fields &+ Int(hash) & (Self.bucketCount &- 1)]
        for _ in 0..<Self.stepsMax {
            guard let place = Self.place(number, in: table) else { return nil }
            let link = unsafe links[Int(number) & (linksRoom &- 1)]
            if link.hash == hash && Self.holds(table, place, name, other, value) { return place }
            guard Self.isOlder(link.older, than: number) else { return nil }
            number = link.older
        }
        return nil
    }

    /// The place of the last entry with this numbered name, if it has this value, too: what steady fields are found by,
    /// without a hash.
    @inline(__always)
    func findLast(_ name: HPACKName, value: Span<UInt8>, in table: borrowing HPACKDynamicTable) -> Int? {
        guard let numbers else { return nil }
        // Safe: numbers of names are below 128.
        guard let place = unsafe Self.place(numbers[Self.names &+ Int(name.number & 127)], in: table),
            Self.holds(table, place, name, Span(), value)
        else { return nil }
        return place
    }

    /// The place of the last entry with a numbered name.
    @inline(__always)
    func findName(_ name: HPACKName, in table: borrowing HPACKDynamicTable) -> Int? {
        guard let numbers else { return nil }
        // Safe: numbers of names are below 128.
        guard let place = unsafe Self.place(numbers[Self.names &+ Int(name.number & 127)], in: table) else {
            return nil
        }
        return table.entry(place).name == name ? place : nil
    }

    /// The place of an entry with this name, which has no number.
    func findName(other: Span<UInt8>, hash: UInt32, in table: borrowing HPACKDynamicTable) -> Int? {
        guard let numbers, let links else { return nil }
        var number = unsafe numbers[Self.otherNames &+ Int(hash) & (Self.otherNameBuckets &- 1)]
        for _ in 0..<Self.stepsMax {
            guard let place = Self.place(number, in: table) else { return nil }
            if Self.isNamed(table, place, other) { return place }
            let older = unsafe links[Int(number) & (linksRoom &- 1)].olderName
            guard Self.isOlder(older, than: number) else { return nil }
            number = older
        }
        return nil
    }

    /// Whether a field with this hash was asked for not long ago, among the last 64. Notes that it was.
    @inline(__always)
    mutating func wasSeen(_ hash: UInt32) -> Bool {
        let numbers = self.numbers ?? allocateNumbers()
        let mark = UInt16(truncatingIfNeeded: hash &>> 16)
        let wanted = SIMD16<UInt16>(repeating: mark)
        let marks = UnsafeRawPointer(numbers + Self.recent)
        for i in stride(from: 0, to: Self.recentCount * 2, by: 32) {
            // Safe: `recentCount` marks of two bytes are there.
            if any(unsafe marks.loadUnaligned(fromByteOffset: i, as: SIMD16<UInt16>.self) .== wanted) { return true }
        }
        unsafe numbers[Self.recent &+ recentNext] = mark
        recentNext = (recentNext &+ 1) & (Self.recentCount &- 1)
        return false
    }

    /// Notes the newest entry of `table`.
    mutating func inserted(_ name: HPACKName, nameHash: UInt32, hash: UInt32, in table: borrowing HPACKDynamicTable) {
        let numbers = self.numbers ?? allocateNumbers()
        if linksRoom < table.entriesRoom { growLinks(table) }
        let number = UInt16(truncatingIfNeeded: table.inserted &- 1)
        let bucket = Self.fields &+ Int(hash) & (Self.bucketCount &- 1)
        var link = unsafe Link(hash: hash, older: numbers[bucket], olderName: number)
        unsafe numbers[bucket] = number
        if name == .other {
            let bucket = Self.otherNames &+ Int(nameHash) & (Self.otherNameBuckets &- 1)
            link.olderName = unsafe numbers[bucket]
            unsafe numbers[bucket] = number
        } else {
            unsafe numbers[Self.names &+ Int(name.number & 127)] = number
        }
        // Safe: there is a link for each record of the table.
        unsafe links![Int(number) & (linksRoom &- 1)] = link
    }

    // MARK: Numbers

    /// The place of the entry whose number ends in these 16 bits; nil when it is no longer there. Tables have far
    /// fewer entries than 65536.
    @inline(__always)
    private static func place(_ number: UInt16, in table: borrowing HPACKDynamicTable) -> Int? {
        let place = Int(UInt16(truncatingIfNeeded: table.inserted) &- 1 &- number)
        return place < table.count ? place : nil
    }

    /// Whether the link leads back in time. One that does not is the beginning of the bucket.
    @inline(__always)
    private static func isOlder(_ older: UInt16, than number: UInt16) -> Bool {
        let distance = number &- older
        return distance > 0 && distance < 0x8000
    }

    // MARK: Comparing

    @inline(__always)
    private static func holds(
        _ table: borrowing HPACKDynamicTable, _ place: Int, _ name: HPACKName, _ other: Span<UInt8>,
        _ value: Span<UInt8>
    ) -> Bool {
        let entry = table.entry(place)
        guard entry.name == name && Int(entry.valueCount) == value.count else { return false }
        if name == .other && !isNamed(table, place, other) { return false }
        let line = unsafe table.line(entry)
        // Safe: the value stands behind the name and its colon.
        return unsafe areEqual(value, line.baseAddress! + Int(entry.nameCount) + 2)
    }

    private static func isNamed(_ table: borrowing HPACKDynamicTable, _ place: Int, _ other: Span<UInt8>) -> Bool {
        let entry = table.entry(place)
        guard entry.name == .other && Int(entry.nameCount) == other.count else { return false }
        let line = unsafe table.line(entry)
        return unsafe ASCII.equalsIgnoringCase(line.span.extracting(0..<other.count), other)
    }

    /// Eight bytes at a time. Unsafe: the caller answers for as many bytes at `b`.
    @inline(__always)
    @unsafe private static func areEqual(_ a: Span<UInt8>, _ b: UnsafePointer<UInt8>) -> Bool {
        a.withUnsafeBufferPointer { a in
            let count = a.count
            guard let address = a.baseAddress else { return true }
            let (a, b) = (UnsafeRawPointer(address), UnsafeRawPointer(b))
            // The last load overlaps the one before.
            if count >= 8 {
                var i = 0
                while i &+ 8 < count {
                    guard unsafe areEqual(a + i, b + i, UInt64.self) else { return false }
                    i &+= 8
                }
                return unsafe areEqual(a + (count &- 8), b + (count &- 8), UInt64.self)
            }
            if count >= 4 {
                return unsafe areEqual(a, b, UInt32.self) && areEqual(a + (count &- 4), b + (count &- 4), UInt32.self)
            }
            for i in 0..<count where unsafe !areEqual(a + i, b + i, UInt8.self) { return false }
            return true
        }
    }

    @inline(__always)
    @unsafe private static func areEqual<Word: FixedWidthInteger & BitwiseCopyable>(
        _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ word: Word.Type
    ) -> Bool {
        unsafe a.loadUnaligned(as: Word.self) == b.loadUnaligned(as: Word.self)
    }

    // MARK: Memory

    private mutating func allocateNumbers() -> UnsafeMutablePointer<UInt16> {
        let made = UnsafeMutablePointer<UInt16>.allocate(capacity: Self.numbersCount)
        made.initialize(repeating: 0, count: Self.numbersCount)
        numbers = made
        return made
    }

    private mutating func growLinks(_ table: borrowing HPACKDynamicTable) {
        let grown = UnsafeMutablePointer<Link>.allocate(capacity: table.entriesRoom)
        grown.initialize(repeating: Link(hash: 0, older: 0, olderName: 0), count: table.entriesRoom)
        // The newest entry has no link yet.
        for place in 1..<max(1, table.count) {
            let number = Int(truncatingIfNeeded: table.inserted &- 1) &- place
            unsafe grown[number & (table.entriesRoom - 1)] = links![number & (linksRoom - 1)]
        }
        links?.deallocate()
        links = grown
        linksRoom = table.entriesRoom
    }
}
