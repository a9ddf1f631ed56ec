import GateCore
import GateHTTP
import GateTestSupport
import Testing

@Suite("PROXY protocol")
struct ProxyHeaderTests {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    static func endpoint(_ address: String, _ port: UInt16) -> ProxyHeader.Endpoint {
        .init(IPAddress(address)!, port: port)
    }

    static func v2(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 0xFF)] + rest
    }

    static let inet: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 2, 0xDC, 0x04, 0x01, 0xBB]
    static let expected = ProxyHeader(source: endpoint("192.0.2.1", 56324), destination: endpoint("198.51.100.2", 443))

    /// Feeds growing prefixes, as reads would, and answers what comes of the first that is not `needMore`.
    static func grow(_ bytes: [UInt8], by step: Int) -> ProxyHeader.Result {
        var count = 0
        while count < bytes.count {
            count = min(bytes.count, count + step)
            let answer = ProxyHeader.parse(Array(bytes[..<count]).span)
            if answer != .needMore { return answer }
        }
        return .needMore
    }

    static let headers: [([UInt8], ProxyHeader)] = [
        ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n".bytes, expected),
        (
            "PROXY TCP6 2001:db8::1 ::1 0 65535\r\n".bytes,
            ProxyHeader(source: endpoint("2001:db8::1", 0), destination: endpoint("::1", 65535))
        ),
        (
            "PROXY TCP6 ffff:f:f:f:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n".bytes,
            ProxyHeader(
                source: endpoint("ffff:f:f:f:ffff:ffff:ffff:ffff", 65535),
                destination: endpoint("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535))
        ),
        ("PROXY UNKNOWN\r\n".bytes, ProxyHeader()),
        ("PROXY UNKNOWN whatever it says\r\n".bytes, ProxyHeader()),
        (v2(0x21, 0x11, inet), expected), (v2(0x21, 0x12, inet), expected),
        (v2(0x21, 0x11, inet + [0x04, 0, 2, 9, 9, 0x01, 0, 0]), expected),
        (
            v2(
                0x21, 0x21,
                [0x20, 1, 0xD, 0xB8] + Array(repeating: 0, count: 11) + [1] + Array(repeating: 0, count: 15) + [
                    1, 0, 1, 0, 2,
                ]),
            ProxyHeader(source: endpoint("2001:db8::1", 1), destination: endpoint("::1", 2))
        ),
        (v2(0x21, 0x31, Array(repeating: 7, count: 216)), ProxyHeader()),
        (v2(0x21, 0x00, []), ProxyHeader()), (v2(0x21, 0x00, [1, 2, 3]), ProxyHeader()),
        (v2(0x20, 0x00, []), ProxyHeader(isLocal: true)), (v2(0x20, 0x11, inet), ProxyHeader(isLocal: true)),
        (v2(0x20, 0xFF, [1]), ProxyHeader(isLocal: true)),
    ]

    @Test("a header is read however it is cut, and the bytes behind it stay", arguments: headers)
    func read(bytes: [UInt8], header: ProxyHeader) {
        let answer = ProxyHeader.Result.complete(header, consumed: bytes.count)
        for step in 1...max(bytes.count, 2) { #expect(Self.grow(bytes, by: step) == answer, "step \(step)") }
        #expect(ProxyHeader.parse((bytes + "GET /".bytes).span) == answer)
    }

    @Test("a part of a header asks for more", arguments: headers)
    func prefixes(bytes: [UInt8], header: ProxyHeader) {
        for count in 0..<bytes.count {
            #expect(ProxyHeader.parse(Array(bytes[..<count]).span) == .needMore, "\(count)")
        }
    }

    @Test(
        "a line that is not in the form of section 2.1 is refused",
        arguments: [
            "GET / HTTP/1.1\r\n", "PROXY\r\n", "PROXY \r\n", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 -2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 +2\r\n",
            "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP4 ::ffff:192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rX", "PROXY UNKNOWN\n",
            "PROXY UNKNOWNX\r\n", "PROXY UNKNOW\r\n", "PROXY TCP4\r\n", "PROXY TCP4 \r\n", "PROXY TCP4 a b c d\r\n",
            "PROXY TCP4\t192.0.2.1 192.0.2.2 1 2\r\n", "PROXX", "PROXY X", "PROXY TCP7", "PROXY UNKNOWN a\nb\r\n",
        ])
    func brokenLine(line: String) {
        #expect(ProxyHeader.parse(line.bytes.span) == .invalid)
        #expect(Self.grow(line.bytes, by: 1) == .invalid)
    }

    @Test("a line has at most 107 bytes", arguments: [(106, true), (107, true), (108, false)])
    func lineBound(count: Int, isValid: Bool) {
        let filler = String(repeating: "x", count: count - "PROXY UNKNOWN \r\n".utf8.count)
        let line = "PROXY UNKNOWN \(filler)\r\n".bytes
        #expect(line.count == count)
        let answer = isValid ? ProxyHeader.Result.complete(ProxyHeader(), consumed: count) : .invalid
        #expect(ProxyHeader.parse(line.span) == answer)
        #expect(Self.grow(line, by: 1) == answer)
    }

    @Test("a line that never ends is refused at its bound")
    func endlessLine() {
        let line = "PROXY UNKNOWN ".bytes + Array(repeating: 0x78, count: 200)
        #expect(ProxyHeader.parse(Array(line[..<105]).span) == .needMore)
        #expect(ProxyHeader.parse(line.span) == .invalid)
    }

    @Test("the first byte that cannot be in a header refuses it")
    func earlyRefusal() {
        for prefix in ["PROXY ".bytes, Self.signature] {
            for at in prefix.indices {
                var bytes = Array(prefix[...at])
                bytes[at] ^= 0x01
                #expect(ProxyHeader.parse(bytes.span) == .invalid, "\(at)")
            }
        }
        #expect(ProxyHeader.parse((Self.signature + [0x11]).span) == .invalid, "version 1 in the binary form")
        #expect(ProxyHeader.parse((Self.signature + [0x22]).span) == .invalid, "an unknown command")
        #expect(ProxyHeader.parse((Self.signature + [0x21, 0x41]).span) == .invalid, "an unknown family")
    }

    @Test(
        "a binary header whose parts do not fit is refused (section 2.2)",
        arguments: [
            v2(0x21, 0x11, []), v2(0x21, 0x11, Array(inet.dropLast())), v2(0x21, 0x21, inet),
            v2(0x21, 0x31, Array(repeating: 0, count: 215)), v2(0x21, 0x11, inet + [4]), v2(0x21, 0x11, inet + [4, 0]),
            v2(0x21, 0x11, inet + [4, 0, 1]), v2(0x21, 0x11, inet + [4, 0xFF, 0xFF, 0]), v2(0x21, 0x13, inet),
            v2(0x21, 0x01, inet), v2(0x21, 0x10, inet), v2(0x31, 0x11, inet), v2(0x11, 0x11, inet),
            v2(0x2F, 0x11, inet),
            v2(0x21, 0x11, inet + [3, 0, 3, 0, 0, 0]),
        ])
    func brokenBinary(bytes: [UInt8]) {
        #expect(ProxyHeader.parse(bytes.span) == .invalid)
    }

    @Test("a binary header's length is bounded by the caller", arguments: [(99, true), (100, true), (101, false)])
    func binaryBound(count: Int, isValid: Bool) {
        let bytes = Self.v2(0x20, 0, Array(repeating: 0, count: count - 16))
        let answer = isValid ? ProxyHeader.Result.complete(ProxyHeader(isLocal: true), consumed: count) : .invalid
        #expect(ProxyHeader.parse(bytes.span, bytesMax: 100) == answer)
        #expect((ProxyHeader.parse(Array(bytes[..<16]).span, bytesMax: 100) == .invalid) == !isValid)
    }

    /// CRC32c by its definition in RFC 9260 appendix A, with a table.
    static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        let table = (0..<256).map { (byte: Int) -> UInt32 in
            (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~bytes.reduce(UInt32.max) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    @Test("a CRC32c is verified when it is there")
    func checksum() {
        #expect(Self.crc32c("123456789".bytes) == 0xE306_9283)
        var bytes = Self.v2(0x21, 0x11, Self.inet + [2, 0, 1, 0x61, 3, 0, 4, 0, 0, 0, 0, 5, 0, 0])
        let crc = Self.crc32c(bytes)
        let at = bytes.count - 7
        for i in 0..<4 { bytes[at + i] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * i)) }
        #expect(ProxyHeader.parse(bytes.span) == .complete(Self.expected, consumed: bytes.count))
        // A changed type would make another extension of it.
        for i in 16..<bytes.count where i != at - 3 {
            var changed = bytes
            changed[i] ^= 0x10
            #expect(ProxyHeader.parse(changed.span) == .invalid, "byte \(i)")
        }
    }

    @Test("both forms are read as they were written")
    func roundTrip() {
        var random = SeededRandom(stream: 8)
        for _ in 0..<1_000 {
            let header = Self.randomHeader(&random)
            let line = Self.written { ProxyHeaderV1.append(header, to: &$0) }
            let binary = Self.written { ProxyHeaderV2.append(header, to: &$0) }
            #expect(line.count <= ProxyHeaderV1.bytesMax)
            #expect(ProxyHeader.parse(binary.span) == .complete(header, consumed: binary.count), "seed \(random.seed)")
            var unlocal = header
            unlocal.isLocal = false
            #expect(ProxyHeader.parse(line.span) == .complete(unlocal, consumed: line.count), "seed \(random.seed)")
        }
    }

    @Test("ends of two families are written as IPv6")
    func mixedFamilies() {
        let header = ProxyHeader(source: Self.endpoint("192.0.2.1", 1), destination: Self.endpoint("::1", 2))
        let line = ByteBuffer.text { ProxyHeaderV1.append(header, to: &$0) }
        #expect(line == "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n")
    }

    private static func written(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return buffer.span.array
    }

    private static func randomHeader(_ random: inout SeededRandom) -> ProxyHeader {
        if random.number(below: 8) == 0 { return ProxyHeader(isLocal: random.number(below: 2) == 0) }
        var endpoint: ProxyHeader.Endpoint {
            let v4 = random.number(below: 2) == 0
            let address =
                v4
                ? IPAddress(v4: UInt32(truncatingIfNeeded: random.next()))
                : IPAddress(high: random.next(), low: random.next())
            return .init(address, port: UInt16(truncatingIfNeeded: random.next()))
        }
        return ProxyHeader(source: endpoint, destination: endpoint)
    }
}
