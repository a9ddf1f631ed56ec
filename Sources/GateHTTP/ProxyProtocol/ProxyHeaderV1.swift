// PROXY protocol version 1: one line of text. Section 2.1 of the specification.

public import GateCore

/// Reads and writes `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 CRLF`.
public enum ProxyHeaderV1 {
    /// The longest line, with its end.
    public static let bytesMax = 107
    static let firstByte = UInt8(ascii: "P")
    private static let prefix: StaticString = "PROXY "

    /// Reads a line. Fields are parted by exactly one space, numbers have no leading zeros, the line ends in CRLF.
    public static func parse(_ bytes: Span<UInt8>) -> ProxyHeader.Result {
        guard ProxyHeader.agrees(bytes, prefix) else { return .invalid }
        let end = ASCII.index(of: ASCII.carriageReturn, in: bytes, from: 0)
        // A line feed here is a line end without its CR.
        guard ASCII.index(of: ASCII.lineFeed, in: bytes, from: 0) > end || end == bytes.count else { return .invalid }
        guard end + 2 <= bytesMax else { return .invalid }
        guard end + 1 < bytes.count else { return stillPossible(bytes) ? .needMore : .invalid }
        guard bytes[end + 1] == ASCII.lineFeed, end >= prefix.utf8CodeUnitCount else { return .invalid }
        guard let header = header(bytes.extracting(prefix.utf8CodeUnitCount..<end)) else { return .invalid }
        return .complete(header, consumed: end + 2)
    }

    /// Whether bytes without a whole line end may still become a header.
    private static func stillPossible(_ bytes: Span<UInt8>) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard ASCII.index(of: ASCII.lineFeed, in: bytes, from: 0) == bytes.count else { return false }
        guard bytes.count > count else { return true }
        let rest = bytes.extracting(count..<bytes.count)
        return ProxyHeader.agrees(rest, "TCP4 ") || ProxyHeader.agrees(rest, "TCP6 ")
            || ProxyHeader.agrees(rest, "UNKNOWN")
    }

    /// The line after `PROXY ` and before its end.
    private static func header(_ line: Span<UInt8>) -> ProxyHeader? {
        if ProxyHeader.agrees(line, "UNKNOWN") && line.count >= 7 {
            // What follows UNKNOWN is to be ignored.
            return line.count == 7 || line[7] == ASCII.space ? ProxyHeader() : nil
        }
        guard line.count > 5 else { return nil }
        let isIPv4 = ASCII.spells(line.extracting(0..<5), "TCP4 ")
        guard isIPv4 || ASCII.spells(line.extracting(0..<5), "TCP6 ") else { return nil }
        return endpoints(line.extracting(5..<line.count), isIPv4: isIPv4)
    }

    /// `source destination source-port destination-port`
    private static func endpoints(_ line: Span<UInt8>, isIPv4: Bool) -> ProxyHeader? {
        var at = 0
        guard let source = takeAddress(line, &at, isIPv4), let destination = takeAddress(line, &at, isIPv4),
            let sourcePort = takePort(line, &at), let destinationPort = takePort(line, &at), at == line.count + 1
        else { return nil }
        return ProxyHeader(
            source: .init(source, port: sourcePort), destination: .init(destination, port: destinationPort))
    }

    private static func takeWord(_ line: Span<UInt8>, _ at: inout Int) -> Range<Int>? {
        guard at < line.count else { return nil }
        let start = at
        let end = ASCII.index(of: ASCII.space, in: line, from: start)
        at = end + 1
        return start..<end
    }

    private static func takeAddress(_ line: Span<UInt8>, _ at: inout Int, _ isIPv4: Bool) -> IPAddress? {
        guard let range = takeWord(line, &at) else { return nil }
        let word = line.extracting(range)
        guard (ASCII.index(of: ASCII.colon, in: word, from: 0) == word.count) == isIPv4 else { return nil }
        return IPAddress(parsing: word)
    }

    private static func takePort(_ line: Span<UInt8>, _ at: inout Int) -> UInt16? {
        guard let range = takeWord(line, &at), (1...5).contains(range.count) else { return nil }
        guard line[range.lowerBound] != ASCII.zero || range.count == 1 else { return nil }
        guard let port = ASCII.decimal(line.extracting(range)) else { return nil }
        return UInt16(exactly: port)
    }

    /// Appends a line for both ends, or `PROXY UNKNOWN` when one is not known or the balancer speaks for itself.
    public static func append(_ header: ProxyHeader, to buffer: inout ByteBuffer) {
        guard let source = header.source, let destination = header.destination, !header.isLocal else {
            return buffer.append("PROXY UNKNOWN\r\n")
        }
        let isIPv4 = source.address.isIPv4 && destination.address.isIPv4
        if isIPv4 { buffer.append("PROXY TCP4 ") } else { buffer.append("PROXY TCP6 ") }
        append(source.address, isIPv4: isIPv4, to: &buffer)
        append(destination.address, isIPv4: isIPv4, to: &buffer)
        buffer.append(decimal: Int(source.port))
        buffer.append(byte: ASCII.space)
        buffer.append(decimal: Int(destination.port))
        buffer.append("\r\n")
    }

    private static func append(_ address: IPAddress, isIPv4: Bool, to buffer: inout ByteBuffer) {
        if address.isIPv4 && !isIPv4 { buffer.append("::ffff:") }
        buffer.append(address: address)
        buffer.append(byte: ASCII.space)
    }
}
