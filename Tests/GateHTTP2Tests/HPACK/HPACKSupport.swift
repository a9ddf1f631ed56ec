import GateCore
import GateHTTP2
import GateTestSupport

/// A field as a test compares it.
struct Field: Equatable, CustomStringConvertible {
    var name: String
    var value: String
    var isNeverIndexed = false

    init(_ name: String, _ value: String, isNeverIndexed: Bool = false) {
        self.name = name
        self.value = value
        self.isNeverIndexed = isNeverIndexed
    }

    var description: String { "\(name): \(value)\(isNeverIndexed ? " (never indexed)" : "")" }
}

extension HPACKDecoder {
    /// All fields of a block, under the names that it has them.
    mutating func fields(_ block: [UInt8], lineBytesMax: Int = 1 << 20) throws(HPACKFailure) -> [Field] {
        var lines = ByteBuffer()
        var at = 0
        var fields: [Field] = []
        while let field = try next(block.span, at: &at, into: &lines, lineBytesMax: lineBytesMax) {
            let name = String(latin1: lines.span.extracting(field.name).array)
            fields.append(
                Field(
                    field.pseudo == .authority ? ":authority" : name,
                    String(latin1: lines.span.extracting(field.value).array), isNeverIndexed: field.isNeverIndexed))
        }
        return fields
    }
}

extension HPACKEncoder {
    /// A block of these fields, pseudo-fields by their names.
    mutating func block(_ fields: [Field]) -> [UInt8] {
        var out = ByteBuffer()
        begin(into: &out)
        for field in fields {
            let (name, value) = (field.name.latin1, field.value.latin1)
            if let pseudo = PseudoField.allCases.first(where: { $0.name.description == field.name }) {
                if pseudo == .status {
                    status(Int(field.value)!, into: &out)
                } else {
                    self.pseudo(pseudo, value.span, into: &out)
                }
            } else {
                self.field(named: name.span, value.span, into: &out)
            }
        }
        return out.span.array
    }
}

extension String {
    /// One byte for each character, all of which are below 256.
    var latin1: [UInt8] { unicodeScalars.map { UInt8($0.value) } }

    /// The bytes that hexadecimal digits, with spaces anywhere, stand for.
    var hexBytes: [UInt8] {
        let digits = filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// Bytes of an integer (RFC 7541 §5.1), written as the RFC's pseudo-code does it.
func integer(_ value: Int, prefixBits: Int, flags: UInt8 = 0) -> [UInt8] {
    let prefixMax = 1 << prefixBits - 1
    if value < prefixMax { return [flags | UInt8(value)] }
    var bytes = [flags | UInt8(prefixMax)]
    var rest = value - prefixMax
    while rest >= 128 {
        bytes.append(UInt8(rest % 128 + 128))
        rest /= 128
    }
    return bytes + [UInt8(rest)]
}

/// A string without Huffman's code.
func plainString(_ text: String) -> [UInt8] { integer(text.latin1.count, prefixBits: 7) + text.latin1 }

/// A literal with a new name.
func literal(_ name: String, _ value: String, first: UInt8 = 0x40) -> [UInt8] {
    [first] + plainString(name) + plainString(value)
}
