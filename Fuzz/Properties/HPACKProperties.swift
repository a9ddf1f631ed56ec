import GateCore
import GateHTTP
import GateHTTP2

/// Pieces of an input: each begins with a byte that says how long it is.
struct FuzzPieces {
    private var at: Int

    init(from start: Int) { at = start }

    /// Where the next piece stands; the last one may be shorter than it says.
    mutating func next(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard at < bytes.count else { return nil }
        let start = at + 1
        at = min(bytes.count, start + Int(bytes[at]))
        return start..<at
    }
}

/// Any blocks are decoded or refused within bounds, and alike whether there is room for their fields or not.
///
/// The first byte of an input chooses the sizes; blocks follow.
enum HPACKBlocksProperty {
    static func check(_ bytes: Span<UInt8>) {
        guard bytes.count > 1 else { return }
        let tableBytesMax = [4096, 0, 64, 65_536][Int(bytes[0] & 3)]
        let tight = Int(bytes[0] >> 2) * 4
        var roomy = HPACKDecoder(tableBytesMax: tableBytesMax)
        var strict = HPACKDecoder(tableBytesMax: tableBytesMax)
        if bytes[0] & 0x80 != 0 {
            roomy.settingsAcknowledged()
            strict.settingsAcknowledged()
        }
        var pieces = FuzzPieces(from: 1)
        while let piece = pieces.next(bytes) {
            let block = bytes.extracting(piece)
            let failure = decode(block, &roomy, lineBytesMax: 1 << 30)
            precondition(failure == decode(block, &strict, lineBytesMax: tight), "room changes what is refused")
            precondition(roomy.tableCount == strict.tableCount && roomy.tableBytes == strict.tableBytes)
            precondition(roomy.tableBytes <= max(tableBytesMax, HPACKDecoder.tableBytesInitially))
            precondition(roomy.heldBytes <= 2 * max(tableBytesMax, HPACKDecoder.tableBytesInitially))
            if failure != nil { return }
        }
    }

    private static func decode(
        _ block: Span<UInt8>, _ decoder: inout HPACKDecoder, lineBytesMax: Int
    ) -> HPACKFailure? {
        var lines = ByteBuffer()
        var at = 0
        do throws(HPACKFailure) {
            while true {
                let (before, linesBefore) = (at, lines.count)
                guard let field = try decoder.next(block, at: &at, into: &lines, lineBytesMax: lineBytesMax) else {
                    return nil
                }
                precondition(at > before && at <= block.count)
                precondition(lines.count <= lineBytesMax)
                precondition(field.isDropped == (lines.count == linesBefore))
                if !field.isDropped { check(field, lines, from: linesBefore) }
            }
        } catch {
            return error
        }
    }

    private static func check(_ field: HPACKField, _ lines: borrowing ByteBuffer, from start: Int) {
        precondition(field.name.lowerBound == start && field.value.lowerBound == field.name.upperBound + 2)
        precondition(field.value.upperBound + 2 == lines.count)
        let name = lines.span.extracting(field.name)
        let value = lines.span.extracting(field.value)
        let hidden = field.pseudo == .authority ? 6 : 0
        precondition(field.listBytes == name.count + value.count + 32 + hidden)
        let isGoodValue =
            (value.isEmpty || ASCII.endOfFieldValue(value, from: 0) == value.count)
            && ASCII.trimmed(value, 0..<value.count) == 0..<value.count
        precondition(field.flags.contains(.goodValue) == isGoodValue, "a wrong judgement of a value")
        if let pseudo = field.pseudo {
            precondition(field.flags.contains(.goodName))
            precondition(ASCII.spells(name, pseudo == .authority ? "host" : pseudo.name))
        } else {
            precondition(field.flags.contains(.goodName) == isGoodName(name), "a wrong judgement of a name")
            precondition(field.known == KnownField(name))
        }
    }

    private static func isGoodName(_ name: Span<UInt8>) -> Bool {
        for i in 0..<name.count where ASCII.lowercased(name[i]) != name[i] { return false }
        return FieldList.isToken(name) && name.count <= 0xFFFF
    }
}

/// Whatever fields are encoded, they are decoded to themselves, and the tables of both ends agree.
///
/// An input is pieces: one that begins with a byte above 0xF0 changes the table's size and begins a block; others are
/// values, whose name the byte chooses or is made of what follows.
enum HPACKRoundTripProperty {
    static func check(_ bytes: Span<UInt8>) {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        var head = MessageHead()
        var pieces = FuzzPieces(from: 0)
        while let range = pieces.next(bytes) {
            let piece = bytes.extracting(range)
            guard piece.count > 0 else { continue }
            if piece[0] >= 0xF0 {
                checkBlock(&encoder, &decoder, head)
                head.reset()
                for i in 1..<piece.count { encoder.peerTableBytesMax(Int(piece[i]) * 20) }
            } else {
                add(piece, to: &head)
            }
        }
        checkBlock(&encoder, &decoder, head)
    }

    private static func add(_ piece: Span<UInt8>, to head: inout MessageHead) {
        let start = head.received.count
        var valueFrom = 1
        if let known = KnownField(rawValue: piece[0]) {
            head.received.append(known.name)
        } else {
            head.received.append("X-")
            valueFrom = min(piece.count, 1 + Int(piece[0] & 15))
            for i in 1..<max(1, valueFrom) { head.received.append(byte: 0x41 + piece[i] % 26) }
        }
        let nameEnd = head.received.count
        head.received.append(": ")
        head.received.append(piece, valueFrom..<piece.count)
        let flags: FieldRecord.Flags = piece[0] & 0x80 != 0 ? .neverIndexed : []
        let name = start..<nameEnd
        head.appendReceived(
            FieldRecord(
                name: name, known: KnownField(head.received.span.extracting(name)),
                value: (nameEnd + 2)..<head.received.count, flags: flags))
    }

    private static func checkBlock(
        _ encoder: inout HPACKEncoder, _ decoder: inout HPACKDecoder, _ head: borrowing MessageHead
    ) {
        var block = ByteBuffer()
        encoder.begin(into: &block)
        encoder.fields(head, into: &block)
        var lines = ByteBuffer()
        var at = 0
        var index = 0
        do throws(HPACKFailure) {
            while let field = try decoder.next(block.span, at: &at, into: &lines, lineBytesMax: 1 << 30) {
                precondition(ASCII.equalsIgnoringCase(lines.span.extracting(field.name), head.name(index)))
                precondition(ASCII.equals(lines.span.extracting(field.value), head.value(index)))
                precondition(field.flags.contains(.goodName), "a name in upper case")
                if head.field(index).flags.contains(.neverIndexed) { precondition(field.isNeverIndexed) }
                index += 1
            }
        } catch {
            preconditionFailure("what we encoded is refused: \(error)")
        }
        precondition(index == head.fieldCount)
        precondition(encoder.tableCount == decoder.tableCount && encoder.tableBytes == decoder.tableBytes)
        precondition(encoder.tableBytes <= HPACKEncoder.tableBytesMax && encoder.heldBytes <= 9 << 10)
    }
}
