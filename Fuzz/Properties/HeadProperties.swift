import GateCore
import GateHTTP
import GateHTTP1

/// What holds of both kinds of heads.
enum HeadProperty {
    /// Small, so that inputs reach them.
    static let limits = HeadLimits(startLineBytes: 64, headBytes: 256, fields: 8)
    /// For heads that we have written: they may have grown.
    static let roomyLimits = HeadLimits(startLineBytes: 4096, headBytes: 65536, fields: 64)

    /// However the bytes are cut, the answer is the same: a head that is whole was unfinished at every byte before,
    /// and one that is refused stays refused.
    static func checkPrefixes(_ bytes: Span<UInt8>, _ parse: (Span<UInt8>) -> HeadParse) {
        let whole = parse(bytes)
        var isRefused = false
        for count in 0..<min(bytes.count, limits.headBytes + 64) {
            switch parse(bytes.extracting(0..<count)) {
            case .needMore: precondition(!isRefused, "refused bytes are wanted again")
            case .invalid: isRefused = true
            case .complete(let end): precondition(whole == .complete(end), "a prefix ends elsewhere")
            }
        }
        switch whole {
        case .complete(let end):
            precondition(!isRefused, "a refused head is complete")
            precondition(end <= min(bytes.count, limits.headBytes), "a head beyond its bound")
        case .needMore:
            precondition(!isRefused, "a refused head is wanted")
            precondition(bytes.count < limits.headBytes, "more than the bound is wanted")
        case .invalid: break
        }
    }

    static func checkFields(_ head: borrowing MessageHead) {
        precondition(head.fieldCount <= limits.fields)
        for i in 0..<head.fieldCount {
            precondition(MessageHead.isValidField(name: head.name(i), value: head.value(i)))
            precondition(head.field(i).known == KnownField(head.name(i))?.rawValue ?? 0)
            let value = head.value(i)
            precondition(ASCII.trimmed(value, 0..<value.count) == 0..<value.count, "white space around a value")
        }
    }

    /// Whether two heads have the same fields that are not removed.
    static func haveEqualFields(_ a: borrowing MessageHead, _ b: borrowing MessageHead) -> Bool {
        var j = 0
        for i in 0..<a.fieldCount where !a.field(i).isRemoved {
            while j < b.fieldCount && b.field(j).isRemoved { j += 1 }
            guard j < b.fieldCount, ASCII.equals(a.name(i), b.name(j)), ASCII.equals(a.value(i), b.value(j)) else {
                return false
            }
            j += 1
        }
        while j < b.fieldCount && b.field(j).isRemoved { j += 1 }
        return j == b.fieldCount
    }
}

enum RequestHeadProperty {
    static func check(_ bytes: Span<UInt8>) {
        let skipped = RequestHeadParser.leadingEmptyLines(bytes)
        precondition(skipped <= min(bytes.count, RequestHeadParser.leadingBytesMax))
        let bytes = bytes.extracting(skipped..<bytes.count)
        var head = MessageHead()
        HeadProperty.checkPrefixes(bytes) { part in
            RequestHeadParser.parse(part, limits: HeadProperty.limits, into: &head)
        }
        guard case .complete = RequestHeadParser.parse(bytes, limits: HeadProperty.limits, into: &head) else {
            precondition(head.fieldCount == 0 && head.received.isEmpty)
            return
        }
        HeadProperty.checkFields(head)
        checkRewriting(head)
        checkTarget(head)
        checkForwarding(&head)
    }

    static func written(_ head: borrowing MessageHead) -> ByteBuffer {
        var buffer = ByteBuffer()
        HeadWriter.requestLine(method: head.methodBytes, target: head.target, into: &buffer)
        HeadWriter.fields(head, into: &buffer)
        buffer.append("\r\n")
        return buffer
    }

    /// What we write is read again as what it was, with the same framing.
    private static func checkRewriting(_ head: borrowing MessageHead) {
        let buffer = written(head)
        var again = MessageHead()
        let answer = RequestHeadParser.parse(buffer.span, limits: HeadProperty.roomyLimits, into: &again)
        precondition(answer == .complete(buffer.count), "what we wrote is not read")
        precondition(HeadProperty.haveEqualFields(head, again))
        precondition(ASCII.equals(head.target, again.target) && ASCII.equals(head.methodBytes, again.methodBytes))
        if head.version == .http11 {
            precondition(MessageFraming.request(head) == MessageFraming.request(again))
        }
    }

    private static func checkTarget(_ head: borrowing MessageHead) {
        guard case .target(let target) = RequestTarget.parse(head.target, method: head.method) else { return }
        if !target.path.isEmpty { PathProperty.check(head.target.extracting(target.path)) }
        if !target.authority.isEmpty { FieldValueProperty.checkHost(head.target.extracting(target.authority)) }
        let parts = target.authority.count + target.path.count + target.query.count
        precondition(parts <= head.target.count)
    }

    /// After our edits nothing of the hop is left, and the head is still one.
    private static func checkForwarding(_ head: inout MessageHead) {
        _ = HopByHop.strip(&head)
        precondition(!head.has(.connection) && !head.has(.transferEncoding) && !head.has(.upgrade))
        let forwarding = Forwarding(peer: .loopback, isPeerTrusted: false, isSecure: true, port: 443)
        forwarding.write([.xForwarded, .forwarded], to: &head)
        precondition(head.text(.xForwardedFor) == "::1")
        let buffer = written(head)
        var again = MessageHead()
        let answer = RequestHeadParser.parse(buffer.span, limits: HeadProperty.roomyLimits, into: &again)
        precondition(answer == .complete(buffer.count), "an edited head is not read")
        precondition(HeadProperty.haveEqualFields(head, again))
    }
}

enum ResponseHeadProperty {
    static func check(_ bytes: Span<UInt8>) {
        var head = MessageHead()
        HeadProperty.checkPrefixes(bytes) { part in
            ResponseHeadParser.parse(part, limits: HeadProperty.limits, into: &head)
        }
        guard case .complete = ResponseHeadParser.parse(bytes, limits: HeadProperty.limits, into: &head) else {
            precondition(head.fieldCount == 0 && head.received.isEmpty)
            return
        }
        precondition((100...599).contains(head.status))
        HeadProperty.checkFields(head)
        checkRewriting(head)
    }

    private static func checkRewriting(_ head: borrowing MessageHead) {
        var buffer = ByteBuffer()
        HeadWriter.statusLine(head.status, reason: head.reason, into: &buffer)
        HeadWriter.fields(head, into: &buffer)
        buffer.append("\r\n")
        var again = MessageHead()
        let answer = ResponseHeadParser.parse(buffer.span, limits: HeadProperty.roomyLimits, into: &again)
        precondition(answer == .complete(buffer.count), "what we wrote is not read")
        precondition(HeadProperty.haveEqualFields(head, again))
        precondition(head.status == again.status)
        if head.version == .http11 {
            precondition(MessageFraming.response(head, to: .get) == MessageFraming.response(again, to: .get))
        }
    }
}
