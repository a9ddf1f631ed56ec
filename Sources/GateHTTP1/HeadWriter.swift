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
        var run = Run()
        var i = 0
        while i < head.fieldCount {
            let record = head.field(i)
            if record.isRemoved {
                // Nothing.
            } else if record.flags.contains(.canonical) {
                let isOwn = record.flags.contains(.added)
                let start = Int(record.nameOffset)
                if start != run.end || isOwn != run.isOwn {
                    run.write(head, into: &out)
                    run = Run(start: start, isOwn: isOwn)
                }
                run.end = record.valueRange.upperBound &+ 2
            } else {
                run.write(head, into: &out)
                run = Run()
                field(head.name(i), head.value(i), into: &out)
            }
            i &+= 1
        }
        run.write(head, into: &out)
    }

    /// Lines that stand behind one another in one of the head's two stores.
    private struct Run {
        var start = 0
        var end = 0
        var isOwn = false

        init() {}

        init(start: Int, isOwn: Bool) {
            self.start = start
            end = start
            self.isOwn = isOwn
        }

        func write(_ head: borrowing MessageHead, into out: inout ByteBuffer) {
            guard end > start else { return }
            if isOwn { out.append(head.ownLines, start..<end) } else { out.append(head.received.span, start..<end) }
        }
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
