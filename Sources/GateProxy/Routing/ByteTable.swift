// A hash table from byte strings to numbers that is built once and only read.

import GateCore

/// Open addressing over one array of entries; keys stand in one array of bytes. The first of equal keys stays.
struct ByteTable: Sendable {
    private struct Entry: Sendable {
        var hash: UInt64
        var offset: Int32
        var count: Int32
        var value: Int32
    }

    private var entries: [Entry] = []
    private var keys: [UInt8] = []
    private var mask = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    init(_ pairs: [(String, Int32)]) {
        guard !pairs.isEmpty else { return }
        var size = 8
        while size < pairs.count * 2 { size *= 2 }
        entries = Array(repeating: Entry(hash: 0, offset: 0, count: -1, value: 0), count: size)
        mask = size - 1
        for (key, value) in pairs { insert(Array(key.utf8), value) }
    }

    private mutating func insert(_ key: [UInt8], _ value: Int32) {
        let hash = Self.hash(key.span)
        var at = Int(truncatingIfNeeded: hash) & mask
        while entries[at].count >= 0 {
            if entries[at].hash == hash && equals(entries[at], key.span) { return }
            at = (at + 1) & mask
        }
        entries[at] = Entry(hash: hash, offset: Int32(keys.count), count: Int32(key.count), value: value)
        keys += key
        count += 1
    }

    func value(_ key: Span<UInt8>) -> Int32? {
        guard count > 0 else { return nil }
        let hash = Self.hash(key)
        var at = Int(truncatingIfNeeded: hash) & mask
        while entries[at].count >= 0 {
            if entries[at].hash == hash && equals(entries[at], key) { return entries[at].value }
            at = (at + 1) & mask
        }
        return nil
    }

    private func equals(_ entry: Entry, _ key: Span<UInt8>) -> Bool {
        guard Int(entry.count) == key.count else { return false }
        let offset = Int(entry.offset)
        for i in 0..<key.count where keys[offset + i] != key[i] { return false }
        return true
    }

    /// FNV-1a. The keys are the operator's, so nobody outside picks what collides in the table.
    @inline(__always)
    static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for i in 0..<bytes.count {
            hash = (hash ^ UInt64(bytes[i])) &* 0x0000_0100_0000_01B3
        }
        return hash ^ (hash >> 32)
    }
}
