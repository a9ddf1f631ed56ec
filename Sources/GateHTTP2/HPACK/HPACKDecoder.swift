// Header blocks into fields, one at a time. RFC 7541 §3, §6.
//
// Fields come out as lines of HTTP/1, because that is what a head holds: an entry of a table is one copy, and whoever
// writes the head for HTTP/1 copies runs of lines. Names that tables have keep their number and what was found out about
// them, so that in steady state no name is looked up and no value looked through.

package import GateCore
import GateHTTP

/// One direction of one connection: the blocks that the peer's encoder makes, in their order.
///
/// Memory: what the table needs, at most twice `tableBytesMax` or 8 KiB, and nothing before its first entry.
package struct HPACKDecoder: ~Copyable {
    /// What a peer may use before it knows our settings (RFC 9113 §6.5.2).
    package static let tableBytesInitially = 4096
    /// The bound of what may be announced.
    package static let tableBytesMaxMax = HPACKDynamicTable.bytesMaxMax

    var table: HPACKDynamicTable
    private let announced: Int
    /// What a size update may say.
    private var sizeMax: Int
    /// The next block must begin with a size update (RFC 9113 §4.3.1).
    private var needsSizeUpdate = false
    let statics = HPACKStaticTable.shared
    let huffman = HuffmanDecoder.shared

    /// - Parameter tableBytesMax: what is announced as SETTINGS_HEADER_TABLE_SIZE, 0...65,536.
    package init(tableBytesMax: Int = tableBytesInitially) {
        precondition(tableBytesMax >= 0 && tableBytesMax <= Self.tableBytesMaxMax)
        announced = tableBytesMax
        sizeMax = max(tableBytesMax, Self.tableBytesInitially)
        table = HPACKDynamicTable(bytesMax: Self.tableBytesInitially)
    }

    /// The peer has acknowledged our settings: from the next block on it keeps to the announced size.
    package mutating func settingsAcknowledged() {
        sizeMax = announced
        needsSizeUpdate = table.bytesMax > announced
    }

    /// Bytes of memory held.
    package var heldBytes: Int { table.heldBytes }
    /// Entries of the dynamic table and the size they count for (RFC 7541 §4.1).
    package var tableCount: Int { table.count }
    package var tableBytes: Int { table.size }

    /// Decodes the next field of `block`, which is whole (all of its frames), from `at` on; 0 begins a block.
    ///
    /// The field's line, `name: value` with CRLF, is appended to `lines`, which never holds more than `lineBytesMax`
    /// bytes when this returns: fields that do not fit come out as dropped ones, so that the table stays right and the
    /// caller can refuse the head. Names and values hold any bytes; see the field's flags.
    ///
    /// - Returns: nil at the end of the block.
    /// - Throws: what makes the connection unusable; `lines` may then hold a part of a line.
    @inline(__always)
    package mutating func next(
        _ block: Span<UInt8>, at: inout Int, into lines: inout ByteBuffer, lineBytesMax: Int
    ) throws(HPACKFailure) -> HPACKField? {
        guard at < block.count else { return nil }
        let first = block[at]
        // What steady connections send: an index in one byte.
        if first &- 0x81 < 0x7E && (at > 0 || !needsSizeUpdate) {
            at &+= 1
            return try indexed(Int(first & 0x7F), &lines, lineBytesMax)
        }
        return try nextOther(block, &at, &lines, lineBytesMax)
    }

    @inline(never)
    private mutating func nextOther(
        _ block: Span<UInt8>, _ at: inout Int, _ lines: inout ByteBuffer, _ lineBytesMax: Int
    ) throws(HPACKFailure) -> HPACKField? {
        let isAtStart = at == 0
        while at < block.count && block[at] & 0xE0 == 0x20 {
            guard isAtStart else { throw .lateSizeUpdate }
            try updateSize(block, &at)
        }
        guard at < block.count else { return nil }
        if isAtStart && needsSizeUpdate { throw .missingSizeUpdate }
        let first = block[at]
        if first & 0x80 != 0 {
            let index = try HPACKInteger.read(block, at: &at, prefixBits: 7)
            return try indexed(index, &lines, lineBytesMax)
        }
        let isIndexing = first & 0x40 != 0
        let index = try HPACKInteger.read(block, at: &at, prefixBits: isIndexing ? 6 : 4)
        let kind: Literal = isIndexing ? .indexing : first & 0x10 != 0 ? .never : .plain
        return try literal(block, &at, index, kind, &lines, lineBytesMax)
    }

    /// RFC 7541 §4.2, §6.3.
    private mutating func updateSize(_ block: Span<UInt8>, _ at: inout Int) throws(HPACKFailure) {
        let size = try HPACKInteger.read(block, at: &at, prefixBits: 5)
        guard size <= sizeMax else { throw .sizeUpdateTooLarge }
        table.resize(bytesMax: size)
        needsSizeUpdate = false
    }
}
