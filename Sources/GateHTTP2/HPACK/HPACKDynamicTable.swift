// The fields that were sent lately. RFC 7541 §2.3.2, §4. Entries are lines in one run of bytes, and a ring of records.
//
// A line takes 28 bytes less than its entry counts for, so that the bytes never need more room than the table's size:
// what is live moves to the front when the end is reached. Nothing is allocated before the first entry; the room doubles
// as it is needed and then stays.

import GateCore

/// A table of fields, the newest first. `bytesMax` bounds names, values and 32 for each entry.
struct HPACKDynamicTable: ~Copyable {
    /// The bound of `bytesMax`: what an entry then has of bytes fits 16 bits.
    static let bytesMaxMax = 65_536

    /// The size that the encoder of the two ends has chosen.
    private(set) var bytesMax: Int
    /// RFC 7541 §4.1.
    private(set) var size = 0
    private(set) var count = 0
    /// Entries ever inserted; the newest is that number less one. Wraps.
    private(set) var inserted: UInt32 = 0

    /// A ring of `entriesRoom` records, a power of two; the record of entry `n` is at `n` modulo that.
    private var entries: UnsafeMutablePointer<HPACKEntry>?
    private(set) var entriesRoom = 0
    private var bytes: UnsafeMutablePointer<UInt8>?
    private var bytesRoom = 0
    /// Live bytes, as indices of `bytes`.
    private var start = 0
    private var end = 0
    /// The position, as records have it, of the first byte of `bytes`. Wraps.
    private var base: UInt32 = 0

    init(bytesMax: Int) {
        precondition(bytesMax >= 0 && bytesMax <= Self.bytesMaxMax)
        self.bytesMax = bytesMax
    }

    deinit {
        entries?.deallocate()
        bytes?.deallocate()
    }

    /// Bytes of memory that the table holds.
    var heldBytes: Int { bytesRoom + entriesRoom * MemoryLayout<HPACKEntry>.stride }

    /// The entry at `index`, 0 for the newest.
    @inline(__always)
    func entry(_ index: Int) -> HPACKEntry {
        precondition(index >= 0 && index < count)
        return unsafe entries![(Int(truncatingIfNeeded: inserted &- 1) &- index) & (entriesRoom &- 1)]
    }

    /// The line of an entry of this table, for the time until the next insertion.
    @inline(__always)
    @unsafe func line(_ entry: HPACKEntry) -> UnsafeBufferPointer<UInt8> {
        // Safe: the entry's line lies between `start` and `end` as long as the entry is in the table.
        unsafe UnsafeBufferPointer(
            start: bytes! + Int(entry.position &- base), count: entry.lineCount)
    }

    /// RFC 7541 §4.3.
    mutating func resize(bytesMax: Int) {
        precondition(bytesMax >= 0 && bytesMax <= Self.bytesMaxMax)
        self.bytesMax = bytesMax
        evict(to: bytesMax)
    }

    /// What an entry too large for the table does to it (RFC 7541 §4.4).
    mutating func removeAll() { evict(to: 0) }

    private mutating func evict(to limit: Int) {
        while size > limit {
            let oldest = entry(count &- 1)
            size &-= oldest.size
            start &+= oldest.lineCount
            count &-= 1
        }
        if count == 0 {
            start = 0
            end = 0
        }
    }

    /// Makes room for the entry, evicting what must go, and inserts it. RFC 7541 §4.4: one that is too large by itself
    /// empties the table, and is no error.
    ///
    /// - Returns: where its line is to be written, before anything else is done; nil when it was not inserted.
    @inline(__always)
    mutating func insert(_ entry: HPACKEntry) -> UnsafeMutablePointer<UInt8>? {
        guard entry.size <= bytesMax else {
            evict(to: 0)
            return nil
        }
        if size &+ entry.size > bytesMax { evict(to: bytesMax &- entry.size) }
        if end &+ entry.lineCount > bytesRoom { makeBytesRoom(entry.lineCount) }
        if count == entriesRoom { growEntries() }
        var entry = entry
        entry.position = base &+ UInt32(truncatingIfNeeded: end)
        // Safe: there is room for one more record, and for the line behind `end`.
        unsafe entries![Int(truncatingIfNeeded: inserted) & (entriesRoom &- 1)] = entry
        let line = unsafe bytes! + end
        inserted &+= 1
        count &+= 1
        size &+= entry.size
        end &+= entry.lineCount
        return line
    }

    private mutating func makeBytesRoom(_ needed: Int) {
        let live = end - start
        // Enough for the largest size: `needed` and `live` are together below `bytesMax`.
        if live + needed > bytesRoom {
            var wanted = max(bytesRoom * 2, 512)
            while wanted < live + needed { wanted *= 2 }
            let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
            // Safe: the live bytes lie within the old storage, and the new one is larger.
            if let bytes {
                unsafe grown.update(from: bytes + start, count: live)
                bytes.deallocate()
            }
            bytes = grown
            bytesRoom = wanted
        } else if let bytes {
            unsafe bytes.update(from: bytes + start, count: live)
        }
        base &+= UInt32(truncatingIfNeeded: start)
        start = 0
        end = live
    }

    private mutating func growEntries() {
        let wanted = max(16, entriesRoom * 2)
        let grown = UnsafeMutablePointer<HPACKEntry>.allocate(capacity: wanted)
        for index in 0..<count {
            let number = Int(truncatingIfNeeded: inserted &- 1) &- index
            unsafe (grown + (number & (wanted - 1))).initialize(to: entries![number & (entriesRoom - 1)])
        }
        entries?.deallocate()
        entries = grown
        entriesRoom = wanted
    }
}
