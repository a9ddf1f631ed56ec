// Heads on their way out: one walk over the records, whole runs of untouched lines in one copy.

public import GateCore
public import GateHTTP

/// Writes start lines and fields in HTTP/1.1's form.
public enum HeadWriter {
    /// `METHOD target HTTP/1.1 CRLF`
    public static func requestLine(
        method: Span<UInt8>, target: Span<UInt8>, into out: inout ByteBuffer
    ) {
        out.reserve(method.count &+ target.count &+ 12)
        out.append(method)
        out.append(byte: ASCII.space)
        out.append(target)
        out.append(" HTTP/1.1\r\n")
    }

    /// `HTTP/1.1 status reason CRLF`
    public static func statusLine(_ status: Int, reason: Span<UInt8>, into out: inout ByteBuffer) {
        out.append("HTTP/1.1 ")
        out.append(decimal: status)
        out.append(byte: ASCII.space)
        out.append(reason)
        out.append("\r\n")
    }

    /// Every field that is not removed, in the order of the records, without the empty line.
    public static func fields(_ head: borrowing MessageHead, into out: inout ByteBuffer) {
        let received = head.received.span
        var runStart = 0
        var runEnd = 0
        for i in 0..<head.fieldCount {
            let record = head.field(i)
            if record.isRemoved { continue }
            if record.flags.contains(.canonical) {
                let start = Int(record.nameOffset)
                let end = record.valueRange.upperBound &+ 2
                if start == runEnd {
                    runEnd = end
                } else {
                    out.append(received, runStart..<runEnd)
                    runStart = start
                    runEnd = end
                }
            } else {
                out.append(received, runStart..<runEnd)
                runStart = 0
                runEnd = 0
                field(head.name(i), head.value(i), into: &out)
            }
        }
        out.append(received, runStart..<runEnd)
    }

    /// `Name: value CRLF`
    public static func field(_ name: Span<UInt8>, _ value: Span<UInt8>, into out: inout ByteBuffer) {
        out.append(name)
        out.append(": ")
        out.append(value)
        out.append("\r\n")
    }

    /// `Name: value CRLF` of a field that is not in the head.
    public static func field(_ field: KnownField, _ value: StaticString, into out: inout ByteBuffer) {
        out.append(field.name)
        out.append(": ")
        out.append(value)
        out.append("\r\n")
    }

    /// `Name: number CRLF`
    public static func field(_ field: KnownField, decimal value: Int, into out: inout ByteBuffer) {
        out.append(field.name)
        out.append(": ")
        out.append(decimal: value)
        out.append("\r\n")
    }
}
