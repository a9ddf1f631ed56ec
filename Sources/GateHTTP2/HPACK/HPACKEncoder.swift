// Fields into header blocks. RFC 7541 §6.
//
// What repeats on a connection becomes one byte: a field is looked for under its hash, and put into the table by the rules
// of `HPACKIndexing`. Literals take Huffman's code when it is shorter.

package import GateCore
package import GateHTTP

/// One direction of one connection: the blocks for the peer's decoder, in their order.
///
/// Memory: some 8 KiB at most, and nothing before the first field that is worth remembering.
package struct HPACKEncoder: ~Copyable {
    /// The most that is used of what a peer offers.
    package static let tableBytesMax = 4096

    var table: HPACKDynamicTable
    var index = HPACKIndex()
    let statics = HPACKStaticTable.shared
    let huffman = HuffmanEncoder.shared
    /// The size that the next block announces, and the lowest one on the way there.
    private var sizeNext = tableBytesMax
    private var sizeLowest = tableBytesMax

    package init() {
        table = HPACKDynamicTable(bytesMax: Self.tableBytesMax)
    }

    /// Bytes of memory held.
    package var heldBytes: Int { table.heldBytes + index.heldBytes }
    /// Entries of the dynamic table and the size they count for (RFC 7541 §4.1).
    package var tableCount: Int { table.count }
    package var tableBytes: Int { table.size }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE, once its settings are acknowledged. Takes effect with the next block.
    package mutating func peerTableBytesMax(_ bytes: Int) {
        sizeNext = min(max(bytes, 0), Self.tableBytesMax)
        sizeLowest = min(sizeLowest, sizeNext)
    }

    /// Begins a block: each one, before its fields. RFC 7541 §4.2: the lowest size since the last block is announced
    /// with the one that holds now, because the peer has evicted down to it.
    package mutating func begin(into out: inout ByteBuffer) {
        if sizeLowest == table.bytesMax && sizeNext == sizeLowest { return }
        announce(sizeLowest, into: &out)
        if sizeNext != sizeLowest { announce(sizeNext, into: &out) }
        sizeLowest = sizeNext
    }

    private mutating func announce(_ size: Int, into out: inout ByteBuffer) {
        HPACKInteger.append(size, prefixBits: 5, flags: 0x20, into: &out)
        table.resize(bytesMax: size)
    }

    // MARK: Fields

    /// `:status`, 100...999.
    package mutating func status(_ status: Int, into out: inout ByteBuffer) {
        let whole = HPACKStaticTable.index(ofStatus: status)
        if whole > 0 { return out.append(byte: 0x80 | UInt8(truncatingIfNeeded: whole)) }
        precondition(status >= 100 && status <= 999)
        let digits: [3 of UInt8] = [
            UInt8(truncatingIfNeeded: 0x30 + status / 100), UInt8(truncatingIfNeeded: 0x30 + status / 10 % 10),
            UInt8(truncatingIfNeeded: 0x30 + status % 10),
        ]
        numbered(HPACKName(.status), digits.span, .always, into: &out)
    }

    /// A pseudo-field of a request. All of them come before other fields (RFC 9113 §8.3).
    package mutating func pseudo(_ field: PseudoField, _ value: Span<UInt8>, into out: inout ByteBuffer) {
        if let whole = Self.staticIndex(field, value) { return out.append(byte: 0x80 | whole) }
        let indexing: HPACKIndexing = field == .path ? .repeated : .always
        numbered(HPACKName(field), value, indexing, into: &out)
    }

    private static func staticIndex(_ field: PseudoField, _ value: Span<UInt8>) -> UInt8? {
        switch field {
        case .method: ASCII.spells(value, "GET") ? 2 : ASCII.spells(value, "POST") ? 3 : nil
        case .path: ASCII.spells(value, "/") ? 4 : ASCII.spells(value, "/index.html") ? 5 : nil
        case .scheme: ASCII.spells(value, "https") ? 7 : ASCII.spells(value, "http") ? 6 : nil
        case .authority, .status, .protocol: nil
        }
    }

    /// Every field of the head that is not removed, but those whose bits are in `omitted`, with names in lower case.
    ///
    /// Fields of one connection must be gone (`HopByHop.strip`). For requests `omitted` has Host, which is `:authority`.
    package mutating func fields(
        _ head: borrowing MessageHead, omitting omitted: UInt64 = 0, into out: inout ByteBuffer
    ) {
        var i = 0
        while i < head.fieldCount {
            let record = head.field(i)
            let name = HPACKName(number: record.known)
            if record.isRemoved || omitted & (1 &<< UInt64(record.known)) != 0 && record.known != 0 {
                // Nothing.
            } else if record.flags.contains(.neverIndexed) {
                neverIndexed(name, other: head.name(i), head.value(i), into: &out)
            } else if name == .other {
                other(head.name(i), head.value(i), into: &out)
            } else {
                known(name, head.value(i), into: &out)
            }
            i &+= 1
        }
    }

    /// A field that is in no head.
    package mutating func field(_ field: KnownField, _ value: Span<UInt8>, into out: inout ByteBuffer) {
        known(HPACKName(field), value, into: &out)
    }

    package mutating func field(_ field: KnownField, _ value: StaticString, into out: inout ByteBuffer) {
        // Safe: the text lives as long as the program.
        let bytes = unsafe UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount)
        known(HPACKName(field), unsafe bytes.span, into: &out)
    }

    /// A number in decimal.
    package mutating func field(_ field: KnownField, decimal value: Int, into out: inout ByteBuffer) {
        precondition(value >= 0)
        var digits = [20 of UInt8](repeating: 0)
        var at = 20
        var rest = value
        repeat {
            at &-= 1
            digits[at] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
            rest /= 10
        } while rest > 0
        known(HPACKName(field), digits.span.extracting(at..<20), into: &out)
    }

    /// A field of any name, in any case.
    package mutating func field(named name: Span<UInt8>, _ value: Span<UInt8>, into out: inout ByteBuffer) {
        if let field = KnownField(name) {
            known(HPACKName(field), value, into: &out)
        } else {
            other(name, value, into: &out)
        }
    }
}
