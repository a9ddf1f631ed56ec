// Fields that speak of one connection and end with it. RFC 9110 §7.6.1.

import GateCore

/// Takes the fields of one hop out of a head before it goes on.
public enum HopByHop {
    /// What the connection's fields said.
    public struct Signals: OptionSet, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// `Connection: close`
        @inlinable public static var close: Signals { Signals(rawValue: 1) }
        /// `Connection: keep-alive`
        @inlinable public static var keepAlive: Signals { Signals(rawValue: 2) }
        /// `Connection: upgrade` beside an Upgrade field. Without the option, Upgrade is to be ignored
        /// (RFC 9110 §7.8).
        @inlinable public static var upgrade: Signals { Signals(rawValue: 4) }
        /// `TE: trailers`: the client takes trailers (RFC 9110 §10.1.4).
        @inlinable public static var trailers: Signals { Signals(rawValue: 8) }
        /// A Connection field is no list of tokens, or names more than `optionsMax` options.
        @inlinable public static var malformed: Signals { Signals(rawValue: 16) }
    }

    /// Connection options read from one head; each may cost a walk over the fields.
    public static let optionsMax = 32

    private static let fixed: UInt64 =
        KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit | KnownField.te.bit
        | KnownField.transferEncoding.bit | KnownField.upgrade.bit | KnownField.proxyAuthenticate.bit
        | KnownField.proxyAuthorization.bit | KnownField.http2Settings.bit

    /// What `Connection` may not take: a client would use it to strip what the next hop decides by.
    private static let kept: UInt64 =
        KnownField.host.bit | KnownField.contentLength.bit | KnownField.via.bit | KnownField.forwarded.bit
        | KnownField.xForwardedFor.bit | KnownField.xForwardedProto.bit | KnownField.xForwardedHost.bit
        | KnownField.xForwardedPort.bit | KnownField.xRealIP.bit | KnownField.xRequestID.bit

    /// Removes the fixed list and what `Connection` names, and answers what they said.
    ///
    /// Fields that were added by us stay. Removed records keep their bytes: who relays an upgrade reads the Upgrade
    /// field before, or by the index it had. One comparison when there is nothing to do, else O(options × fields).
    public static func strip(_ head: inout MessageHead) -> Signals {
        guard head.seen & fixed != 0 else { return [] }
        var signals = Signals()
        if head.mayHave(.connection) { removeNamed(&head, &signals) }
        if head.mayHave(.te) && saysTrailers(head) { signals.insert(.trailers) }
        if !head.has(.upgrade) { signals.remove(.upgrade) }
        for i in 0..<head.fieldCount where isReceived(head.field(i), in: fixed) { head.removeField(at: i) }
        return signals
    }

    private static func isReceived(_ record: FieldRecord, in set: UInt64) -> Bool {
        set & (1 << UInt64(record.known)) != 0 && !record.flags.contains(.added)
    }

    private static func removeNamed(_ head: inout MessageHead, _ signals: inout Signals) {
        var options = 0
        for i in 0..<head.fieldCount {
            let record = head.field(i)
            guard isReceived(record, in: KnownField.connection.bit), !record.isRemoved else { continue }
            var list = FieldList()
            while let option = list.next(in: head.value(i)) {
                options += 1
                guard options <= optionsMax, FieldList.isToken(head.value(i).extracting(option)) else {
                    signals.insert(.malformed)
                    break
                }
                if let signal = signal(head.value(i).extracting(option)) {
                    signals.insert(signal)
                } else {
                    remove(&head, namedIn: i, option)
                }
            }
        }
    }

    private static func signal(_ option: Span<UInt8>) -> Signals? {
        switch option.count {
        case 2: ASCII.matches(option, "te") ? [] : nil
        case 5: ASCII.matches(option, "close") ? .close : nil
        case 7: ASCII.matches(option, "upgrade") ? .upgrade : nil
        case 10: ASCII.matches(option, "keep-alive") ? .keepAlive : nil
        default: nil
        }
    }

    private static func remove(_ head: inout MessageHead, namedIn field: Int, _ option: Range<Int>) {
        let known = KnownField(head.value(field).extracting(option))
        if let known, kept & known.bit != 0 { return }
        for i in 0..<head.fieldCount {
            let record = head.field(i)
            guard record.known == known?.rawValue ?? 0, !record.flags.contains(.added) else { continue }
            if known != nil || ASCII.equalsIgnoringCase(head.name(i), head.value(field).extracting(option)) {
                head.removeField(at: i)
            }
        }
    }

    private static func saysTrailers(_ head: borrowing MessageHead) -> Bool {
        var from = 0
        while let i = head.first(.te, from: from) {
            var list = FieldList()
            while let element = list.next(in: head.value(i)) {
                if ASCII.matches(head.value(i).extracting(element), "trailers") { return true }
            }
            from = i + 1
        }
        return false
    }
}
