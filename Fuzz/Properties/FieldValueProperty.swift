import GateCore
import GateHTTP

/// The readers of field values hold together for any value.
enum FieldValueProperty {
    static func check(_ value: Span<UInt8>) {
        checkHost(value)
        checkList(value)
        checkDate(value)
        _ = ErrorBody.format(accept: value)
        checkClientAddress(value)
    }

    static func checkHost(_ value: Span<UInt8>) {
        guard let rules = HostRules.parse(value) else { return }
        precondition(rules.host.lowerBound == 0 && !rules.host.isEmpty && rules.host.upperBound <= value.count)
        var routing = ByteBuffer()
        rules.appendRoutingForm(of: value, to: &routing)
        // Routing compares a form that is its own.
        guard let again = HostRules.parse(routing.span) else { preconditionFailure("no host any more") }
        var twice = ByteBuffer()
        again.appendRoutingForm(of: routing.span, to: &twice)
        precondition(again.port == nil && ASCII.equals(routing.span, twice.span))
    }

    private static func checkList(_ value: Span<UInt8>) {
        var list = FieldList()
        var end = 0
        while let element = list.next(in: value) {
            precondition(!element.isEmpty && element.lowerBound >= end && element.upperBound <= value.count)
            precondition(ASCII.trimmed(value, element) == element)
            end = element.upperBound
        }
    }

    private static func checkDate(_ value: Span<UInt8>) {
        guard let seconds = HTTPDate.parse(value, nowSeconds: 1_800_000_000), seconds >= 0,
            seconds <= HTTPDate.secondsMax
        else { return }
        var written = ByteBuffer()
        HTTPDate.append(unixSeconds: seconds, to: &written)
        precondition(written.count == HTTPDate.byteCount)
        precondition(HTTPDate.parse(written.span, nowSeconds: 0) == seconds)
    }

    private static func checkClientAddress(_ value: Span<UInt8>) {
        guard MessageHead.isValidField(name: [0x61].span, value: value) else { return }
        var head = MessageHead()
        head.add(.xForwardedFor, value)
        let trusted: AddressSet = [AddressBlock(.loopback), AddressBlock(.loopbackIPv4)]
        _ = ClientAddress.find(in: head, peer: .loopback, trusted: trusted)
    }
}
