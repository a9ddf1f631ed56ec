import GateCore
import GateHTTP

extension HPACKEncoder {
    @inline(__always)
    mutating func known(_ name: HPACKName, _ value: Span<UInt8>, into out: inout ByteBuffer) {
        let indexing = HPACKIndexing.of(name, valueCount: value.count)
        switch indexing {
        case .never: neverIndexed(name, other: Span(), value, into: &out)
        case .always, .repeated:
            if name == HPACKName(.acceptEncoding), ASCII.spells(value, "gzip, deflate") {
                return out.append(byte: 0x80 | 16)
            }
            numbered(name, value, indexing, into: &out)
        }
    }

    /// A field whose name has a number.
    mutating func numbered(
        _ name: HPACKName, _ value: Span<UInt8>, _ indexing: HPACKIndexing, into out: inout ByteBuffer
    ) {
        guard fits(Self.nameBytesMax, value.count) else {
            return literal(nameIndex(name), name, other: Span(), value, .plain, into: &out)
        }
        if let place = index.findLast(name, value: value, in: table) { return reference(place, into: &out) }
        let hash = HPACKIndex.hash(value, seed: UInt32(name.number))
        if let place = index.find(name, other: Span(), value: value, hash: hash, in: table) {
            return reference(place, into: &out)
        }
        let isIndexed: Bool = if case .always = indexing { true } else { index.wasSeen(hash) }
        let nameIndex = nameIndex(name)
        literal(nameIndex, name, other: Span(), value, isIndexed ? .indexed : .plain, into: &out)
        if isIndexed { insert(name, name.bytes, value, nameHash: 0, hash: hash) }
    }

    /// A field whose name has no number; it comes in any case.
    mutating func other(_ name: Span<UInt8>, _ value: Span<UInt8>, into out: inout ByteBuffer) {
        let nameHash = HPACKIndex.hash(name, seed: 0)
        guard fits(name.count, value.count) else {
            return literal(nameIndex(other: name, nameHash), .other, other: name, value, .plain, into: &out)
        }
        let hash = HPACKIndex.hash(value, seed: nameHash)
        if let place = index.find(.other, other: name, value: value, hash: hash, in: table) {
            return reference(place, into: &out)
        }
        let isIndexed = index.wasSeen(hash)
        literal(
            nameIndex(other: name, nameHash), .other, other: name, value, isIndexed ? .indexed : .plain, into: &out)
        if isIndexed { insert(.other, name, value, nameHash: nameHash, hash: hash) }
    }

    /// A literal that is not indexed by anyone. RFC 7541 §6.2.3.
    mutating func neverIndexed(
        _ name: HPACKName, other: Span<UInt8>, _ value: Span<UInt8>, into out: inout ByteBuffer
    ) {
        let nameIndex =
            name == .other ? nameIndex(other: other, HPACKIndex.hash(other, seed: 0)) : nameIndex(name)
        literal(nameIndex, name, other: other, value, .never, into: &out)
    }

    // MARK: Representations

    enum Form { case indexed, plain, never }

    /// No name with a number is longer.
    private static let nameBytesMax = 28

    /// Whether the table is to hold a field of this size: one that took more than half of it would push too much out.
    @inline(__always)
    private func fits(_ nameCount: Int, _ valueCount: Int) -> Bool {
        (nameCount &+ valueCount &+ 32) &* 2 <= table.bytesMax
    }

    /// RFC 7541 §6.1.
    @inline(__always)
    private func reference(_ place: Int, into out: inout ByteBuffer) {
        HPACKInteger.append(place &+ HPACKStaticTable.count &+ 1, prefixBits: 7, flags: 0x80, into: &out)
    }

    /// RFC 7541 §6.2.
    private func literal(
        _ nameIndex: Int, _ name: HPACKName, other: Span<UInt8>, _ value: Span<UInt8>, _ form: Form,
        into out: inout ByteBuffer
    ) {
        switch form {
        case .indexed: HPACKInteger.append(nameIndex, prefixBits: 6, flags: 0x40, into: &out)
        case .plain: HPACKInteger.append(nameIndex, prefixBits: 4, flags: 0, into: &out)
        case .never: HPACKInteger.append(nameIndex, prefixBits: 4, flags: 0x10, into: &out)
        }
        if nameIndex == 0 { self.name(name == .other ? other : name.bytes, into: &out) }
        string(value, into: &out)
    }

    /// RFC 7541 §5.2.
    @inline(__always)
    private func string(_ bytes: Span<UInt8>, into out: inout ByteBuffer) {
        let encoded = huffman.encodedCount(bytes, lowercasing: false)
        if encoded < bytes.count {
            HPACKInteger.append(encoded, prefixBits: 7, flags: 0x80, into: &out)
            huffman.encode(bytes, lowercasing: false, encodedCount: encoded, into: &out)
        } else {
            HPACKInteger.append(bytes.count, prefixBits: 7, flags: 0, into: &out)
            out.append(bytes)
        }
    }

    /// A name, in lower case. No letter, digit or dash has a code above eight bits: names are never longer for it.
    private func name(_ bytes: Span<UInt8>, into out: inout ByteBuffer) {
        let encoded = huffman.encodedCount(bytes, lowercasing: true)
        HPACKInteger.append(encoded, prefixBits: 7, flags: 0x80, into: &out)
        huffman.encode(bytes, lowercasing: true, encodedCount: encoded, into: &out)
    }

    // MARK: Tables

    /// The index of an entry with this name, or 0.
    @inline(__always)
    private func nameIndex(_ name: HPACKName) -> Int {
        let known = statics.index(of: name)
        if known > 0 { return known }
        guard let place = index.findName(name, in: table) else { return 0 }
        return place &+ HPACKStaticTable.count &+ 1
    }

    private func nameIndex(other name: Span<UInt8>, _ hash: UInt32) -> Int {
        let known = statics.index(ofOther: name)
        if known > 0 { return known }
        guard let place = index.findName(other: name, hash: hash, in: table) else { return 0 }
        return place &+ HPACKStaticTable.count &+ 1
    }

    private mutating func insert(
        _ number: HPACKName, _ name: Span<UInt8>, _ value: Span<UInt8>, nameHash: UInt32, hash: UInt32
    ) {
        let entry = HPACKEntry(
            nameCount: name.count, valueCount: value.count, name: number, checks: [])
        guard let line = table.insert(entry) else { return }
        // Safe: the table made room for name, value and four bytes.
        for i in 0..<name.count { unsafe line[i] = ASCII.lowercased(name[i]) }
        if value.count > 0 {
            value.withUnsafeBufferPointer {
                unsafe (line + name.count + 2).update(from: $0.baseAddress!, count: value.count)
            }
        }
        index.inserted(number, nameHash: nameHash, hash: hash, in: table)
    }
}
