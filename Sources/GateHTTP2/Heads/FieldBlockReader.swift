// One block's fields, each judged as it comes. RFC 9113 §8.2, §8.3.

import GateCore
import GateHTTP

/// Fills a head from one block. What needs the whole head is in `FieldBlockReader+Rules`.
struct FieldBlockReader {
    enum Kind { case request, response, trailers }

    /// RFC 9113 §8.2.2, beside TE.
    private static let connectionFields: UInt64 =
        KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit
        | KnownField.transferEncoding.bit | KnownField.upgrade.bit
    /// Fields that are more than a record.
    private static let special: UInt64 =
        connectionFields | KnownField.te.bit | KnownField.host.bit | KnownField.cookie.bit
        | KnownField.contentLength.bit

    let kind: Kind
    let limits: HeadLimits

    private var malformed: HTTPViolation?
    private var excess: HTTPViolation?
    /// Nothing of a head that is refused needs to be kept.
    private var lineBytesMax: Int
    private var isPastPseudo = false
    private var listBytes = 0
    private var startLineBytes = 0
    private var fields = 0

    /// The pseudo-fields that came, as their bits, and those that may come.
    private var seenPseudo: UInt8 = 0
    private let allowedPseudo: UInt8
    /// Values of the pseudo-fields that came, by `PseudoField.place`.
    private var values = [6 of Range<Int>](repeating: 0..<0)
    private(set) var hasHost = false
    /// Cookie lines, and the record of the first.
    private(set) var crumbs = 0
    private(set) var firstCrumb = 0

    init(_ kind: Kind, _ limits: HeadLimits) {
        self.kind = kind
        self.limits = limits
        lineBytesMax = limits.headBytes
        allowedPseudo =
            switch kind {
            case .request: ~PseudoField.status.bit
            case .response: PseudoField.status.bit
            case .trailers: 0
            }
    }

    /// The value of a pseudo-field, or nil when it did not come.
    func value(_ pseudo: PseudoField) -> Range<Int>? { seenPseudo & pseudo.bit != 0 ? values[pseudo.place] : nil }

    /// Decodes all of `block`.
    mutating func read(
        _ block: Span<UInt8>, _ decoder: inout HPACKDecoder, _ head: inout MessageHead, _ facts: inout HTTP2HeadFacts
    ) -> HTTP2Heads.Outcome {
        head.reset()
        head.version = .http2
        var at = 0
        do throws(HPACKFailure) {
            while let field = try decoder.next(block, at: &at, into: &head.received, lineBytesMax: lineBytesMax) {
                take(field, &head, &facts)
            }
        } catch {
            return .undecodable(error)
        }
        if let malformed { return .malformed(malformed) }
        if let excess { return .tooLarge(kind == .trailers ? .trailersTooLarge : excess) }
        return .complete
    }

    @inline(__always)
    private mutating func take(_ field: HPACKField, _ head: inout MessageHead, _ facts: inout HTTP2HeadFacts) {
        listBytes &+= field.listBytes
        if listBytes > limits.headBytes { exceed(.headTooLarge) }
        if field.number.isPseudo {
            takePseudo(field, &head)
        } else if !field.isDropped {
            takeField(field, &head, &facts)
        }
    }

    // MARK: Pseudo-fields (RFC 9113 §8.3)

    @inline(__always)
    private mutating func takePseudo(_ field: HPACKField, _ head: inout MessageHead) {
        let bit = PseudoField.bit(of: field.number)
        guard !isPastPseudo && allowedPseudo & bit != 0 && seenPseudo & bit == 0 else {
            return refuse(.badPseudoField)
        }
        seenPseudo |= bit
        if bit & (PseudoField.method.bit | PseudoField.path.bit) != 0 {
            startLineBytes &+= field.valueCount
            if startLineBytes > limits.startLineBytes { exceedStartLine() }
        }
        if field.isDropped { return }
        guard field.flags.contains(.goodValue) else { return refuse(.badFieldValue) }
        values[PseudoField.place(of: field.number)] = field.storedValue
        if bit == PseudoField.authority.bit { append(field, KnownField.host.rawValue, &head) }
    }

    /// It names the cause better than that the head as a whole is too large.
    private mutating func exceedStartLine() {
        excess = .requestLineTooLong
        lineBytesMax = 0
    }

    // MARK: Fields (RFC 9113 §8.2)

    @inline(__always)
    private mutating func takeField(
        _ field: HPACKField, _ head: inout MessageHead, _ facts: inout HTTP2HeadFacts
    ) {
        isPastPseudo = true
        fields &+= 1
        if fields > limits.fields { exceed(.tooManyFields) }
        guard field.flags.isSuperset(of: [.goodName, .goodValue]) else { return refuseBytes(field, head) }
        if field.number.bit & Self.special != 0 {
            if let known = field.known, !takeSpecial(known, field, &head, &facts) { return }
        } else if field.number == .other, field.nameCount == 8 {
            takePriority(field, head, &facts)
        }
        append(field, field.number.number, &head)
    }

    /// RFC 9218 §4: a request's priority is a field like others.
    private func takePriority(_ field: HPACKField, _ head: borrowing MessageHead, _ facts: inout HTTP2HeadFacts) {
        if ASCII.spells(head.received.span.extracting(field.name), "priority") { facts.priorityRange = field.value }
    }

    @inline(__always)
    private func append(_ field: HPACKField, _ known: UInt8, _ head: inout MessageHead) {
        var record = FieldRecord(
            name: field.storedName, known: nil, value: field.storedValue,
            flags: field.isNeverIndexed ? [.canonical, .neverIndexed] : .canonical)
        record.known = known
        head.appendReceived(record)
    }

    /// RFC 9113 §8.2.1. A pseudo-field that nobody defined is known by its colon (§8.3).
    private mutating func refuseBytes(_ field: HPACKField, _ head: borrowing MessageHead) {
        if field.flags.contains(.goodName) { return refuse(.badFieldValue) }
        let isPseudo = field.nameCount > 0 && head.received.span[field.name.lowerBound] == ASCII.colon
        refuse(isPseudo ? .badPseudoField : .badFieldName)
    }

    /// - Returns: whether the field gets a record.
    private mutating func takeSpecial(
        _ known: KnownField, _ field: HPACKField, _ head: inout MessageHead, _ facts: inout HTTP2HeadFacts
    ) -> Bool {
        if known.bit & Self.connectionFields != 0 {
            refuse(.connectionField)
            return false
        }
        switch known {
        case .te:
            // RFC 9113 §8.2.2: in requests only, and only to say this.
            if kind != .request || !ASCII.matches(head.received.span.extracting(field.value), "trailers") {
                refuse(.connectionField)
            }
        case .host where kind == .request:
            // It is compared with `:authority` when the scheme is known.
            if hasHost { refuse(.repeatedHost) }
            hasHost = true
        case .cookie where kind == .request:
            if crumbs == 0 { firstCrumb = head.fieldCount }
            crumbs &+= 1
        case .contentLength where kind != .trailers:
            if facts.contentLength != nil { refuse(.repeatedContentLength) }
            facts.contentLength = ASCII.decimal(head.received.span.extracting(field.value))
            if facts.contentLength == nil { refuse(.badContentLength) }
        default: break
        }
        return true
    }

    // MARK: Refusing

    /// The first rule that was broken is the one that is named.
    private mutating func refuse(_ violation: HTTPViolation) {
        if malformed == nil { malformed = violation }
        lineBytesMax = 0
    }

    private mutating func exceed(_ violation: HTTPViolation) {
        if excess == nil { excess = violation }
        lineBytesMax = 0
    }
}
