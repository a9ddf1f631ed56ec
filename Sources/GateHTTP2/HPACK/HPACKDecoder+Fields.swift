import GateCore
import GateHTTP

extension HPACKDecoder {
    /// What a literal asks for. RFC 7541 §6.2.
    enum Literal { case indexing, plain, never }

    /// A string as it stands in the block. RFC 7541 §5.2.
    struct CodedString {
        var range: Range<Int>
        var isHuffman: Bool

        /// Bytes that it decodes to at most.
        @inline(__always)
        var bytesMax: Int { isHuffman ? HuffmanDecoder.decodedMax(range.count) : range.count }
    }

    /// RFC 7541 §6.1.
    @inline(__always)
    mutating func indexed(
        _ index: Int, _ lines: inout ByteBuffer, _ lineBytesMax: Int
    ) throws(HPACKFailure) -> HPACKField {
        let entry = try entry(index)
        let start = lines.count
        var field = HPACKField(
            start: start, nameCount: Int(entry.nameCount), valueCount: Int(entry.valueCount), number: entry.name,
            flags: Self.flags(entry.checks))
        if start &+ entry.lineCount > lineBytesMax {
            field.flags.insert(.dropped)
        } else {
            lines.reserve(entry.lineCount)
            _ = lines.withFreeRoom { room in
                // Safe: the line is copied before the table changes, and room for it was reserved.
                unsafe room.baseAddress!.copyMemory(from: line(index, entry).baseAddress!, byteCount: entry.lineCount)
                return entry.lineCount
            }
        }
        return field
    }

    /// RFC 7541 §2.3.3.
    @inline(__always)
    private func entry(_ index: Int) throws(HPACKFailure) -> HPACKEntry {
        if index <= HPACKStaticTable.count {
            guard index > 0 else { throw .badIndex }
            return statics.entry(index)
        }
        let place = index &- HPACKStaticTable.count &- 1
        guard place < table.count else { throw .badIndex }
        return table.entry(place)
    }

    @inline(__always)
    @unsafe private func line(_ index: Int, _ entry: HPACKEntry) -> UnsafeBufferPointer<UInt8> {
        // Safe: a static entry's position and count lie within the static lines.
        index <= HPACKStaticTable.count
            ? unsafe UnsafeBufferPointer(start: statics.lines + Int(entry.position), count: entry.lineCount)
            : unsafe table.line(entry)
    }

    @inline(__always)
    private static func flags(_ checks: HPACKEntry.Checks) -> HPACKField.Flags {
        HPACKField.Flags(rawValue: checks.rawValue)
    }

    /// A literal as it stands in the block.
    private struct LiteralParts {
        var kind: Literal
        /// The entry that has the name, and its index; or the name is a string.
        var named: HPACKEntry?
        var index: Int
        var name: CodedString
        var value: CodedString

        /// Bytes of the line at most.
        @inline(__always)
        var lineBytesMax: Int { (named.map { Int($0.nameCount) } ?? name.bytesMax) &+ value.bytesMax &+ 4 }
    }

    /// A literal whose name is that of the entry `index`, or a string when that is 0.
    mutating func literal(
        _ block: Span<UInt8>, _ at: inout Int, _ index: Int, _ kind: Literal, _ lines: inout ByteBuffer,
        _ lineBytesMax: Int
    ) throws(HPACKFailure) -> HPACKField {
        let parts = LiteralParts(
            kind: kind, named: index > 0 ? try entry(index) : nil, index: index,
            name: index > 0 ? CodedString(range: 0..<0, isHuffman: false) : try string(block, &at),
            value: try string(block, &at))
        let start = lines.count
        if start &+ parts.lineBytesMax <= lineBytesMax { return try store(parts, block, &lines) }
        // Perhaps it is shorter than it might be.
        let nameCount = if let named = parts.named { Int(named.nameCount) } else { try count(block, parts.name) }
        let valueCount = try count(block, parts.value)
        if start + nameCount + valueCount + 4 <= lineBytesMax { return try store(parts, block, &lines) }
        var field: HPACKField
        if kind == .indexing && nameCount + valueCount + 32 <= table.bytesMax {
            // On its way into the table it passes through the lines.
            field = try store(parts, block, &lines)
            field.flags.insert(.dropped)
            lines.dropLast(lines.count - start)
        } else {
            if kind == .indexing { table.removeAll() }
            field = HPACKField(
                start: start, nameCount: nameCount, valueCount: valueCount, number: parts.named?.name ?? .other,
                flags: kind == .never ? [.dropped, .neverIndexed] : .dropped)
        }
        return field
    }

    /// Appends the line of a literal, and puts it into the table if that is asked for.
    private mutating func store(
        _ parts: LiteralParts, _ block: Span<UInt8>, _ lines: inout ByteBuffer
    ) throws(HPACKFailure) -> HPACKField {
        let start = lines.count
        var entry: HPACKEntry
        let nameCount: Int
        if let named = parts.named {
            entry = named
            nameCount = Int(named.nameCount)
            entry.checks.remove(.goodValue)
            // Safe: the line is copied before the table changes; a name and its colon are its beginning.
            unsafe lines.append(UnsafeBufferPointer(rebasing: line(parts.index, named)[..<(nameCount &+ 2)]).span)
        } else {
            let number: HPACKName
            (number, nameCount) = try appendName(block, parts.name, &lines)
            let isGood = Self.isGoodName(lines.span.extracting(start..<lines.count), number)
            lines.append(": ")
            entry = HPACKEntry(nameCount: nameCount, valueCount: 0, name: number, checks: isGood ? .goodName : [])
        }
        let valueStart = lines.count
        try append(block, parts.value, &lines)
        let valueCount = lines.count &- valueStart
        if Self.isGoodValue(lines.span.extracting(valueStart..<lines.count)) { entry.checks.insert(.goodValue) }
        lines.append("\r\n")
        entry.valueCount = UInt16(truncatingIfNeeded: valueCount)
        if parts.kind == .indexing { insert(entry, nameCount, valueCount, lines, start) }
        var field = HPACKField(
            start: start, nameCount: nameCount, valueCount: valueCount, number: entry.name,
            flags: Self.flags(entry.checks))
        if parts.kind == .never { field.flags.insert(.neverIndexed) }
        return field
    }

    /// `entry` has the counts only as far as 16 bits hold them; what is longer fits no table.
    private mutating func insert(
        _ entry: HPACKEntry, _ nameCount: Int, _ valueCount: Int, _ lines: borrowing ByteBuffer, _ start: Int
    ) {
        guard nameCount &+ valueCount &+ 32 <= table.bytesMax else { return table.removeAll() }
        guard let line = table.insert(entry) else { return }
        // Safe: the table made room for the whole line.
        lines.span.extracting(start..<lines.count).withUnsafeBufferPointer {
            unsafe line.update(from: $0.baseAddress!, count: entry.lineCount)
        }
    }

    // MARK: Strings

    @inline(__always)
    private func string(_ block: Span<UInt8>, _ at: inout Int) throws(HPACKFailure) -> CodedString {
        guard at < block.count else { throw .truncated }
        let isHuffman = block[at] & 0x80 != 0
        let count = try HPACKInteger.read(block, at: &at, prefixBits: 7)
        guard count <= block.count &- at else { throw .truncated }
        let start = at
        at &+= count
        return CodedString(range: start..<at, isHuffman: isHuffman)
    }

    @inline(__always)
    private func append(
        _ block: Span<UInt8>, _ string: CodedString, _ lines: inout ByteBuffer
    ) throws(HPACKFailure) {
        if string.isHuffman {
            try huffman.decode(block, string.range, into: &lines)
        } else {
            lines.append(block, string.range)
        }
    }

    private func count(_ block: Span<UInt8>, _ string: CodedString) throws(HPACKFailure) -> Int {
        string.isHuffman ? try huffman.count(block, string.range) : string.range.count
    }

    /// Appends a name that is given as a string, and finds its number.
    private func appendName(
        _ block: Span<UInt8>, _ name: CodedString, _ lines: inout ByteBuffer
    ) throws(HPACKFailure) -> (HPACKName, count: Int) {
        let start = lines.count
        try append(block, name, &lines)
        let number = HPACKName(lines.span.extracting(start..<lines.count))
        if number.hiddenNameBytes > 0 {
            lines.dropLast(lines.count &- start)
            lines.append("host")
        }
        return (number, lines.count &- start)
    }

    // MARK: Checks

    /// RFC 9113 §8.2.1. A pseudo-field's number is only given to what is spelt as it must be.
    private static func isGoodName(_ name: Span<UInt8>, _ number: HPACKName) -> Bool {
        if number.pseudo != nil { return true }
        // Records of heads count names with 16 bits.
        guard name.count > 0 && name.count <= Int(UInt16.max) else { return false }
        for i in 0..<name.count {
            let byte = name[i]
            // Tokens' characters but capitals: a bit for each of the 128 characters, 64 in a word.
            let word: UInt64 = byte & 0x40 == 0 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C000_0000
            if byte >= 0x80 || (word &>> UInt64(byte & 0x3F)) & 1 == 0 { return false }
        }
        return true
    }

    /// RFC 9113 §8.2.1, and no other control bytes either (RFC 9110 §5.5).
    @inline(__always)
    private static func isGoodValue(_ value: Span<UInt8>) -> Bool {
        let count = value.count
        guard count > 0 else { return true }
        if isSpace(value[0]) || isSpace(value[count &- 1]) { return false }
        return ASCII.endOfFieldValue(value, from: 0) == count
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }
}
