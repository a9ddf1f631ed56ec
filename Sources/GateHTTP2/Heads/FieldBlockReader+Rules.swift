// What a head must be as a whole. RFC 9113 §8.3, RFC 8441 §4.

import GateCore
import GateHTTP

extension FieldBlockReader {
    /// - Returns: the rule that the request breaks.
    mutating func finishRequest(
        _ head: inout MessageHead, _ facts: inout HTTP2HeadFacts, allowsConnectProtocol: Bool
    ) -> HTTPViolation? {
        guard let method = value(.method) else { return .badPseudoField }
        head.methodRange = method
        head.method = Method(head.received.span.extracting(method))
        if head.method == .other, !FieldList.isToken(head.received.span.extracting(method)) { return .badMethod }
        let authority = value(.authority)
        if let authority, authority.isEmpty { return .badHost }
        let violation =
            head.method == .connect && value(.protocol) == nil
            ? finishConnect(&head) : finishTarget(&head, &facts, allowsConnectProtocol)
        if let violation { return violation }
        if hasHost && authority != nil && !dropEqualHost(&head, facts.scheme) { return .badHost }
        if !hasHost && authority == nil { return .missingHost }
        if crumbs > 1 { joinCrumbs(&head) }
        return nil
    }

    /// RFC 9113 §8.5: the authority is all that a CONNECT has.
    private func finishConnect(_ head: inout MessageHead) -> HTTPViolation? {
        guard value(.scheme) == nil, value(.path) == nil, let authority = value(.authority) else {
            return .badPseudoField
        }
        guard Self.isVisible(head.received.span.extracting(authority)) else { return .badTarget }
        head.targetRange = authority
        return nil
    }

    /// RFC 9113 §8.3.1, and extended CONNECT: RFC 8441 §4.
    private func finishTarget(
        _ head: inout MessageHead, _ facts: inout HTTP2HeadFacts, _ allowsConnectProtocol: Bool
    ) -> HTTPViolation? {
        guard let scheme = value(.scheme), let path = value(.path) else { return .badPseudoField }
        guard let known = Self.scheme(head.received.span.extracting(scheme)) else { return .badPseudoField }
        facts.scheme = known
        if let range = value(.protocol) {
            guard head.method == .connect, allowsConnectProtocol, value(.authority) != nil,
                FieldList.isToken(head.received.span.extracting(range))
            else { return .badPseudoField }
            facts.protocolRange = range
        }
        guard Self.isPath(head.received.span.extracting(path), of: head.method) else { return .badTarget }
        head.targetRange = path
        return nil
    }

    /// RFC 3986 §3.1; nil when it is none.
    private static func scheme(_ value: Span<UInt8>) -> HTTP2HeadFacts.Scheme? {
        if ASCII.matches(value, "https") { return .https }
        if ASCII.matches(value, "http") { return .http }
        guard value.count > 0, ASCII.isLetter(value[0]) else { return nil }
        for i in 0..<value.count {
            let byte = value[i]
            let isMark = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            guard ASCII.isLetter(byte) || ASCII.isDigit(byte) || isMark else { return nil }
        }
        return .other
    }

    /// `/` and what follows it, or `*` of OPTIONS. Bytes are those that HTTP/1's request line takes: what a URI may
    /// hold is for the target's own rules.
    private static func isPath(_ path: Span<UInt8>, of method: Method) -> Bool {
        guard path.count > 0 else { return false }
        if path[0] != ASCII.slash {
            return path.count == 1 && path[0] == UInt8(ascii: "*") && method == .options
        }
        return isVisible(path)
    }

    /// Whether every byte is in 0x21...0x7E.
    private static func isVisible(_ target: Span<UInt8>) -> Bool {
        let bytes = target.bytes
        var i = 0
        while i &+ 8 <= target.count {
            // Safe: i + 8 <= count.
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self)
            let marks = Word.marks(word, below: 0x21) | Word.marks(word, of: 0x7F) | word & 0x8080_8080_8080_8080
            if marks != 0 { return false }
            i &+= 8
        }
        while i < target.count {
            if target[i] &- 0x21 >= 0x5E { return false }
            i &+= 1
        }
        return true
    }

    // MARK: Host

    /// Removes a Host field that says what `:authority` says. RFC 9113 §8.3.1: they are compared with the scheme's port
    /// in mind.
    ///
    /// - Returns: false when they differ, or one of them is none.
    private func dropEqualHost(_ head: inout MessageHead, _ scheme: HTTP2HeadFacts.Scheme) -> Bool {
        guard let first = head.first(.host), let second = head.first(.host, from: first + 1) else { return false }
        guard let authority = HostRules.parse(head.value(first)), let host = HostRules.parse(head.value(second)) else {
            return false
        }
        let usual: UInt16? = scheme == .https ? 443 : scheme == .http ? 80 : nil
        guard (authority.port ?? usual) == (host.port ?? usual),
            ASCII.equalsIgnoringCase(
                head.value(first).extracting(authority.host), head.value(second).extracting(host.host))
        else { return false }
        head.removeField(at: second)
        return true
    }

    // MARK: Cookies

    /// RFC 9113 §8.2.3: one line, in the place of the first crumb. Empty crumbs say nothing.
    private func joinCrumbs(_ head: inout MessageHead) {
        let start = head.received.count
        head.received.append("cookie: ")
        let valueStart = head.received.count
        var flags: FieldRecord.Flags = .canonical
        for i in firstCrumb..<head.fieldCount where head.field(i).known == KnownField.cookie.rawValue {
            let record = head.field(i)
            if record.flags.contains(.neverIndexed) { flags.insert(.neverIndexed) }
            if i != firstCrumb { head.removeField(at: i) }
            if record.valueCount == 0 { continue }
            if head.received.count > valueStart { head.received.append("; ") }
            head.received.appendCopy(of: record.valueRange)
        }
        let value = valueStart..<head.received.count
        head.received.append("\r\n")
        head.moveReceived(firstCrumb, name: start..<(start + 6), value: value, flags: flags)
    }

    // MARK: Responses

    /// RFC 9113 §8.3.2. 101 is no status here (§8.6).
    func finishResponse(_ head: inout MessageHead) -> HTTPViolation? {
        guard let status = value(.status) else { return .badPseudoField }
        guard status.count == 3, let value = ASCII.decimal(head.received.span.extracting(status)),
            (100...599).contains(value), value != 101
        else { return .badStatusLine }
        head.status = value
        return nil
    }
}
