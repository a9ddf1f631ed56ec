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
    private var isPastPseudo = false
    private var listBytes = 0
    private var startLineBytes = 0
    private var fields = 0

    /// Values of the pseudo-fields; nil for those that did not come.
    private(set) var method: Range<Int>?
    private(set) var scheme: Range<Int>?
    private(set) var path: Range<Int>?
    private(set) var authority: Range<Int>?
    private(set) var `protocol`: Range<Int>?
    private(set) var status: Range<Int>?
    private(set) var hasHost = false
    /// Cookie lines, and the record of the first.
    private(set) var crumbs = 0
    private(set) var firstCrumb = 0

    init(_ kind: Kind, _ limits: HeadLimits) {
        self.kind = kind
        self.limits = limits
    }

    /// Decodes all of `block`.
    mutating func read(
        _ block: Span<UInt8>, _ decoder: inout HPACKDecoder, _ head: inout MessageHead, _ facts: inout HTTP2HeadFacts
    ) -> HTTP2Heads.Outcome {
        head.reset()
        head.version = .http2
        var at = 0
        var lineBytesMax = limits.headBytes
        do throws(HPACKFailure) {
            while let field = try decoder.next(block, at: &at, into: &head.received, lineBytesMax: lineBytesMax) {
                take(field, &head, &facts)
                // Nothing of a head that is refused needs to be kept.
                if malformed != nil || excess != nil { lineBytesMax = 0 }
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
        if let pseudo = field.pseudo {
            takePseudo(pseudo, field, &head)
        } else if !field.isDropped {
            takeField(field, &head, &facts)
        }
    }

    // MARK: Pseudo-fields (RFC 9113 §8.3)

    private mutating func takePseudo(_ pseudo: PseudoField, _ field: HPACKField, _ head: inout MessageHead) {
        guard !isPastPseudo, kind != .trailers, (kind == .response) == (pseudo == .status) else {
            return refuse(.badPseudoField)
        }
        if pseudo == .method || pseudo == .path {
            startLineBytes &+= field.valueCount
            // It names the cause better than that the head as a whole is too large.
            if startLineBytes > limits.startLineBytes { excess = .requestLineTooLong }
        }
        if field.isDropped { return }
        guard field.flags.contains(.goodValue) else { return refuse(.badFieldValue) }
        if value(pseudo) != nil { return refuse(.badPseudoField) }
        switch pseudo {
        case .method: method = field.value
        case .scheme: scheme = field.value
        case .path: path = field.value
        case .status: status = field.value
        case .protocol: self.protocol = field.value
        case .authority:
            authority = field.value
            append(field, .host, &head)
        }
    }

    private func value(_ pseudo: PseudoField) -> Range<Int>? {
        switch pseudo {
        case .method: method
        case .scheme: scheme
        case .path: path
        case .status: status
        case .protocol: self.protocol
        case .authority: authority
        }
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
        let known = field.known
        if let known {
            if known.bit & Self.special != 0 && !takeSpecial(known, field, &head, &facts) { return }
        } else if field.nameCount == 8, ASCII.spells(head.received.span.extracting(field.name), "priority") {
            facts.priorityRange = field.value
        }
        append(field, known, &head)
    }

    @inline(__always)
    private func append(_ field: HPACKField, _ known: KnownField?, _ head: inout MessageHead) {
        head.appendReceived(
            FieldRecord(
                name: field.name, known: known, value: field.value,
                flags: field.isNeverIndexed ? [.canonical, .neverIndexed] : .canonical))
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
    }

    private mutating func exceed(_ violation: HTTPViolation) {
        if excess == nil { excess = violation }
    }
}
