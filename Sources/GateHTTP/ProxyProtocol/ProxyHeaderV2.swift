// PROXY protocol version 2: a binary header. Section 2.2 of the specification.
//
//   0            12   13   14      16                16 + length
//   | signature  | vc | fp | length | addresses | TLVs |

public import GateCore

/// Reads and writes the binary form.
public enum ProxyHeaderV2 {
    /// Bytes before the addresses.
    static let fixedBytes = 16
    private static let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"
    private static let commandLocal: UInt8 = 0
    private static let commandProxy: UInt8 = 1

    /// The address family and transport byte. Only what the specification assigns is accepted.
    private enum Family: UInt8 {
        case unspecified = 0x00
        case tcp4 = 0x11
        case udp4 = 0x12
        case tcp6 = 0x21
        case udp6 = 0x22
        case unixStream = 0x31
        case unixDatagram = 0x32

        var addressBytes: Int {
            switch self {
            case .unspecified: 0
            case .tcp4, .udp4: 12
            case .tcp6, .udp6: 36
            case .unixStream, .unixDatagram: 216
            }
        }
    }

    /// Reads a header. One longer than `bytesMax` is refused as soon as its length is known.
    ///
    /// A LOCAL or UNSPEC header's rest is passed over unread, as the specification asks.
    /// TLVs must fill the header exactly; a CRC32c among them must be right.
    public static func parse(_ bytes: Span<UInt8>, bytesMax: Int) -> ProxyHeader.Result {
        guard ProxyHeader.agrees(bytes, signature) else { return .invalid }
        guard bytes.count < 13 || (bytes[12] >> 4 == 2 && bytes[12] & 0xF <= commandProxy) else { return .invalid }
        guard bytes.count < 14 || isFamilyKnown(bytes) else { return .invalid }
        guard bytes.count >= fixedBytes else { return .needMore }
        let end = fixedBytes + number16(bytes, 14)
        guard end <= bytesMax else { return .invalid }
        guard bytes.count >= end else { return .needMore }
        guard let header = header(bytes.extracting(0..<end)) else { return .invalid }
        return .complete(header, consumed: end)
    }

    private static func isFamilyKnown(_ bytes: Span<UInt8>) -> Bool {
        bytes[12] & 0xF == commandLocal || Family(rawValue: bytes[13]) != nil
    }

    /// A header whose bytes are all there.
    private static func header(_ bytes: Span<UInt8>) -> ProxyHeader? {
        if bytes[12] & 0xF == commandLocal { return ProxyHeader(isLocal: true) }
        guard let family = Family(rawValue: bytes[13]) else { return nil }
        if family == .unspecified { return ProxyHeader() }
        let tlvStart = fixedBytes + family.addressBytes
        guard tlvStart <= bytes.count, ProxyTLVs.areValid(bytes, from: tlvStart) else { return nil }
        switch family {
        case .tcp4, .udp4: return header(bytes, source: v4(bytes, 16), destination: v4(bytes, 20), ports: 24)
        case .tcp6, .udp6: return header(bytes, source: v6(bytes, 16), destination: v6(bytes, 32), ports: 48)
        case .unspecified, .unixStream, .unixDatagram: return ProxyHeader()
        }
    }

    private static func header(
        _ bytes: Span<UInt8>, source: IPAddress, destination: IPAddress, ports: Int
    ) -> ProxyHeader {
        ProxyHeader(
            source: .init(source, port: UInt16(number16(bytes, ports))),
            destination: .init(destination, port: UInt16(number16(bytes, ports + 2))))
    }

    static func number16(_ bytes: Span<UInt8>, _ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }

    private static func v4(_ bytes: Span<UInt8>, _ at: Int) -> IPAddress {
        IPAddress(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3])
    }

    private static func v6(_ bytes: Span<UInt8>, _ at: Int) -> IPAddress {
        IPAddress(high: number64(bytes, at), low: number64(bytes, at + 8))
    }

    private static func number64(_ bytes: Span<UInt8>, _ at: Int) -> UInt64 {
        var value: UInt64 = 0
        for i in at..<(at + 8) { value = value << 8 | UInt64(bytes[i]) }
        return value
    }

    /// Appends a header for a TCP connection; LOCAL when the header says so, UNSPEC when an end is not known.
    public static func append(_ header: ProxyHeader, to buffer: inout ByteBuffer) {
        buffer.append(signature)
        buffer.append(byte: 0x20 | (header.isLocal ? commandLocal : commandProxy))
        guard let source = header.source, let destination = header.destination, !header.isLocal else {
            return appendFamily(.unspecified, to: &buffer)
        }
        let isIPv4 = source.address.isIPv4 && destination.address.isIPv4
        appendFamily(isIPv4 ? .tcp4 : .tcp6, to: &buffer)
        append(source.address, isIPv4: isIPv4, to: &buffer)
        append(destination.address, isIPv4: isIPv4, to: &buffer)
        append(UInt64(source.port), bytes: 2, to: &buffer)
        append(UInt64(destination.port), bytes: 2, to: &buffer)
    }

    private static func appendFamily(_ family: Family, to buffer: inout ByteBuffer) {
        buffer.append(byte: family.rawValue)
        append(UInt64(family.addressBytes), bytes: 2, to: &buffer)
    }

    private static func append(_ address: IPAddress, isIPv4: Bool, to buffer: inout ByteBuffer) {
        if isIPv4 { return append(UInt64(address.v4), bytes: 4, to: &buffer) }
        append(address.high, bytes: 8, to: &buffer)
        append(address.low, bytes: 8, to: &buffer)
    }

    private static func append(_ value: UInt64, bytes: Int, to buffer: inout ByteBuffer) {
        for i in 1...bytes { buffer.append(byte: UInt8(truncatingIfNeeded: value >> UInt64(8 * (bytes - i)))) }
    }
}
