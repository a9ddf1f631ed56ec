// Who the client is when proxies stand in front. X-Forwarded-For is believed from right to left, as far as trust goes.

public import GateCore

/// Finds the client's address behind trusted proxies.
public enum ClientAddress {
    /// Elements of X-Forwarded-For that are looked at. Whoever hides behind more stays hidden.
    public static let elementsMax = 64

    /// The first address from the right that is not trusted; `peer` when it is not trusted itself or says nothing.
    ///
    /// When all are trusted the leftmost is the client. An element that is no address (`unknown`, `_hidden`, garbage)
    /// ends the walk, and the address to its right stands. Ports and brackets are passed over: `192.0.2.1:5000`,
    /// `[2001:db8::1]:5000`.
    public static func find(
        in head: borrowing MessageHead, peer: IPAddress, trusted: borrowing AddressSet
    ) -> IPAddress {
        guard head.mayHave(.xForwardedFor), trusted.contains(peer) else { return peer }
        var walk = Walk(client: peer)
        var i = head.fieldCount
        while i > 0 && !walk.isOver {
            i -= 1
            let record = head.field(i)
            if record.known == KnownField.xForwardedFor.rawValue && !record.isRemoved {
                walk.take(head.value(i), trusted)
            }
        }
        return walk.client
    }

    private struct Walk {
        var client: IPAddress
        var isOver = false
        var elementsLeft = elementsMax

        init(client: IPAddress) { self.client = client }

        /// One field line's elements, the last first.
        mutating func take(_ value: Span<UInt8>, _ trusted: borrowing AddressSet) {
            var end = value.count
            while end >= 0 && !isOver {
                var start = end
                while start > 0 && value[start - 1] != ASCII.comma { start -= 1 }
                let element = ASCII.trimmed(value, start..<end)
                if !element.isEmpty { step(address(value.extracting(element)), trusted) }
                end = start - 1
            }
        }

        private mutating func step(_ address: IPAddress?, _ trusted: borrowing AddressSet) {
            elementsLeft -= 1
            guard let address else {
                isOver = true
                return
            }
            client = address
            isOver = elementsLeft == 0 || !trusted.contains(address)
        }
    }

    /// An address with or without brackets and port.
    static func address(_ element: Span<UInt8>) -> IPAddress? {
        if element[0] == UInt8(ascii: "[") {
            let close = ASCII.index(of: UInt8(ascii: "]"), in: element, from: 0)
            guard close < element.count, isPort(element, from: close + 1) else { return nil }
            return IPAddress(parsing: element.extracting(1..<close))
        }
        let colon = ASCII.index(of: ASCII.colon, in: element, from: 0)
        let isIPv6 = ASCII.index(of: ASCII.colon, in: element, from: colon + 1) < element.count
        if isIPv6 || colon == element.count { return IPAddress(parsing: element) }
        return isPort(element, from: colon) ? IPAddress(parsing: element.extracting(0..<colon)) : nil
    }

    /// Whether nothing, or a colon and one to five digits, stands from `start` on.
    private static func isPort(_ element: Span<UInt8>, from start: Int) -> Bool {
        guard start < element.count else { return true }
        guard element[start] == ASCII.colon, (1...5).contains(element.count - start - 1) else { return false }
        return ASCII.decimal(element.extracting((start + 1)..<element.count)) != nil
    }
}
