// Values of a head copied into a field of our own that is being written there. For `beginField` … `endField`.

import GateCore

extension MessageHead {
    /// Appends the value of the record at `index` to the field that is being written.
    mutating func appendOwnValue(of index: Int) {
        let record = records[index]
        if record.flags.contains(.added) {
            own.appendCopy(of: record.valueRange)
        } else {
            Self.copy(received, record.valueRange, to: &own)
        }
    }

    private static func copy(_ from: borrowing ByteBuffer, _ range: Range<Int>, to buffer: inout ByteBuffer) {
        buffer.append(from.span, range)
    }

    /// Appends the values of the fields with this name that stand before the record `end`, each with `, ` behind it,
    /// and removes them.
    mutating func moveValues(of field: KnownField, before end: Int) {
        guard mayHave(field) else { return }
        for i in 0..<end where records[i].known == field.rawValue && !records[i].isRemoved {
            removeField(at: i)
            guard records[i].valueCount > 0 else { continue }
            appendOwnValue(of: i)
            own.append(", ")
        }
    }

    private static func needsEscapes(_ value: Span<UInt8>) -> Bool {
        for i in 0..<value.count where value[i] == UInt8(ascii: "\"") || value[i] == UInt8(ascii: "\\") { return true }
        return false
    }

    /// Appends a value as a token where it is one, else as a quoted string (RFC 9110 §5.6.4).
    mutating func appendOwnTokenOrQuoted(valueOf index: Int) {
        if FieldList.isToken(value(index)) { return appendOwnValue(of: index) }
        own.append(byte: UInt8(ascii: "\""))
        if !Self.needsEscapes(value(index)) {
            appendOwnValue(of: index)
            return own.append(byte: UInt8(ascii: "\""))
        }
        for i in 0..<value(index).count {
            let byte = value(index)[i]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { own.append(byte: UInt8(ascii: "\\")) }
            own.append(byte: byte)
        }
        own.append(byte: UInt8(ascii: "\""))
    }
}
