import GateTLS
import GateTestSupport
import GateTesting
import Testing

@Suite("ClientHello (RFC 8446 §4.1.2, §5.1, RFC 6066 §3, RFC 7301)")
struct ClientHelloTests {
    private typealias Alert = ClientHelloReader.Alert

    private func read(_ bytes: [UInt8]) -> ClientHelloReader.Outcome {
        var reader = ClientHelloReader()
        return reader.read(bytes.span)
    }

    /// What one reader says of ever more of the bytes.
    private func read(_ bytes: [UInt8], endingAt ends: [Int]) -> [ClientHelloReader.Outcome] {
        var reader = ClientHelloReader()
        return ends.map { end in
            let part = Array(bytes[..<end])
            return reader.read(part.span)
        }
    }

    // MARK: Making hellos

    private func vector16(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }

    private func vector8(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count)] + bytes }

    private func extensionBytes(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
        [UInt8(type >> 8), UInt8(type & 255)] + vector16(content)
    }

    private func sni(_ name: [UInt8]) -> [UInt8] { extensionBytes(0, vector16([0] + vector16(name))) }

    private func alpn(_ names: [String]) -> [UInt8] {
        extensionBytes(16, vector16(names.flatMap { vector8(Array($0.utf8)) }))
    }

    /// A message; nil extensions leave the whole list out.
    private func message(_ extensions: [UInt8]?, session: Int = 32, suites: [UInt8] = [0x13, 0x01]) -> [UInt8] {
        var body: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32)
        body += vector8([UInt8](repeating: 1, count: session)) + vector16(suites) + vector8([0])
        if let extensions { body += vector16(extensions) }
        return [1, UInt8(body.count >> 16), UInt8(body.count >> 8 & 255), UInt8(body.count & 255)] + body
    }

    private func records(_ message: [UInt8], of count: Int = 1 << 14) -> [UInt8] {
        stride(from: 0, to: message.count, by: count).flatMap { start in
            [22, 3, 1] + vector16(Array(message[start..<min(start + count, message.count)]))
        }
    }

    // MARK: What is read

    @Test("the name and the protocols are read, whatever else is there")
    func whole() {
        // GREASE (RFC 8701) before, between and behind.
        let grease = extensionBytes(0x0A0A, []) + extensionBytes(0x1A1A, [1, 2, 3])
        let hello = message(grease + sni(Array("Db.Example.COM".utf8)) + alpn(["h2", "http/1.1"]))
        let wanted = ClientHello(serverName: "db.example.com", protocols: ["h2", "http/1.1"])
        #expect(read(records(hello)) == .complete(wanted))
    }

    @Test("a hello without a name, without extensions, or with an empty list of them is one, too")
    func nameless() {
        for extensions in [nil, [], alpn(["x"])] {
            let protocols = extensions?.isEmpty == false ? ["x"] : []
            #expect(read(records(message(extensions))) == .complete(ClientHello(protocols: protocols)))
        }
    }

    @Test("real clients' hellos are read, at each cut between two reads", arguments: ["a.example", nil])
    func cuts(name: String?) throws {
        let options = RawTLSOptions().with { $0.serverName = name }
        let flight = try Self.firstFlight(options)
        let wanted = ClientHello(serverName: name, protocols: ["http/1.1"])
        #expect(read(flight) == .complete(wanted))
        for cut in 0..<flight.count {
            #expect(read(flight, endingAt: [cut, flight.count]) == [.needMore, .complete(wanted)])
        }
        let outcomes = read(flight, endingAt: Array(1...flight.count))
        #expect(outcomes.dropLast().allSatisfy { $0 == .needMore })
        #expect(outcomes.last == .complete(wanted))
    }

    private static func firstFlight(_ options: RawTLSOptions) throws -> [UInt8] {
        let server = try ScriptedServer { visit in try visit.stall() }
        defer { server.stop() }
        let raw = try RawConnection.connect(to: server.address)
        return try RawTLSConnection(over: raw, options).firstFlight()
    }

    @Test("records may cut the message anywhere", arguments: [1, 2, 3, 4, 5, 17, 60])
    func fragments(count: Int) {
        let hello = message(sni(Array("a.example".utf8)))
        #expect(read(records(hello, of: count)) == .complete(ClientHello(serverName: "a.example")))
    }

    @Test(
        "the second byte of the records' version does not count (RFC 8446 §5.1)",
        arguments: [0, 1, 3, 4, 255] as [UInt8])
    func recordVersion(minor: UInt8) {
        var bytes = records(message(nil))
        bytes[2] = minor
        #expect(read(bytes) == .complete(ClientHello()))
    }

    // MARK: What is refused

    @Test("what is no hello is refused by its first bytes")
    func noHello() {
        #expect(read(Array("GET / HTTP/1.1\r\n".utf8)) == .refused(alert: Alert.unexpectedMessage))
        #expect(read([22, 2]) == .refused(alert: Alert.protocolVersion))
        #expect(read([22, 3, 1, 0, 0]) == .refused(alert: Alert.unexpectedMessage))
        #expect(read([22, 3, 1, 0x40, 0x01]) == .refused(alert: Alert.recordOverflow))
        // server_hello.
        #expect(read([22, 3, 1, 0, 4, 2]) == .refused(alert: Alert.unexpectedMessage))
        // An alert between two fragments.
        #expect(read(records(Array(message(nil).prefix(10))) + [21, 3]) == .refused(alert: Alert.unexpectedMessage))
    }

    @Test("a message that breaks the form is refused with decode_error")
    func broken() {
        let name = Array("a.example".utf8)
        let faults: [[UInt8]] = [
            message(nil, session: 33), message(nil, suites: []), message(nil, suites: [1]),
            message(sni(name) + sni(name)), message(sni([])), message(sni([0x61, 0])), message(sni([0x61, 0x20])),
            message(sni([UInt8](repeating: 0x61, count: 256))), message(extensionBytes(0, [])),
            message(extensionBytes(0, vector16([]))), message(extensionBytes(0, [0, 9, 0, 0, 1, 0x61])),
            message(extensionBytes(0, vector16([0] + vector16(name) + [0] + vector16(name)))),
            message(extensionBytes(16, vector16([]))), message(extensionBytes(16, vector16([0]))),
            message(extensionBytes(16, vector16([9, 1]))), message([0, 0, 0]), message([0x0A, 0x0A, 0, 9, 1]),
            [1, 0, 0, 0], [1, 0, 0, 3, 3, 3, 0],
        ]
        for fault in faults { #expect(read(records(fault)) == .refused(alert: Alert.decodeError), "\(fault)") }
    }

    @Test("bytes behind the hello's own length are refused inside, and left alone behind it")
    func trailing() {
        var inside = message(sni(Array("a.example".utf8))) + [0]
        inside[3] += 1
        #expect(read(records(inside)) == .refused(alert: Alert.decodeError))
        let behind = records(message(nil)) + [20, 3, 3, 0, 1, 1]
        #expect(read(behind) == .complete(ClientHello()))
    }

    @Test("a hello is bounded, at its limit and one beyond")
    func bounded() {
        // One extension fills what the rest leaves of the bound, with the heads of four records.
        func whole(_ total: Int) -> [UInt8] {
            let heads = 4 * 5
            let rest = message([]).count + 4
            return records(message(extensionBytes(0x4444, [UInt8](repeating: 0, count: total - heads - rest))))
        }
        let most = whole(ClientHelloReader.bytesMax)
        #expect(most.count == ClientHelloReader.bytesMax)
        #expect(read(most) == .complete(ClientHello()))
        #expect(read(whole(ClientHelloReader.bytesMax + 1)) == .refused(alert: Alert.illegalParameter))
        #expect(read([22, 3, 1, 0, 4, 1, 1, 0, 1]) == .refused(alert: Alert.illegalParameter))
    }

    @Test("damaged hellos are read or refused, and nothing worse")
    func random() {
        var random = SeededRandom()
        let hello = records(message(sni(Array("a.example".utf8)) + alpn(["h2"])))
        for _ in 1...20_000 {
            var bytes = hello
            for _ in 0...random.number(below: 4) {
                bytes[random.number(below: bytes.count)] = UInt8(random.number(below: 256))
            }
            _ = read(Array(bytes.prefix(random.number(below: bytes.count + 1))))
        }
    }
}
