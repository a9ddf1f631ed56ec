import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

@Suite("HPACK's encoder (RFC 7541)")
struct HPACKEncoderTests {
    private func decoded(_ block: [UInt8], _ decoder: inout HPACKDecoder) throws -> [Field] {
        try decoder.fields(block)
    }

    // MARK: Representations

    @Test("Fields that the static table has whole are one byte")
    func staticFields() {
        var encoder = HPACKEncoder()
        let block = encoder.block([
            Field(":method", "GET"), Field(":method", "POST"), Field(":path", "/"), Field(":path", "/index.html"),
            Field(":scheme", "http"), Field(":scheme", "https"), Field("accept-encoding", "gzip, deflate"),
        ])
        #expect(block == [0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x90])
        let statuses = encoder.block([200, 204, 206, 304, 400, 404, 500].map { Field(":status", "\($0)") })
        #expect(statuses == [0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E])
        #expect(encoder.heldBytes == 0)
    }

    @Test("A status that is not there whole is written once, and then one byte", arguments: [100, 103, 201, 503, 599])
    func status(status: Int) throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        let field = Field(":status", "\(status)")
        #expect(try decoder.fields(encoder.block([field])) == [field])
        #expect(encoder.block([field]) == [0xBE])
    }

    @Test("A steady field is one byte from the second time on, another one from the third")
    func indexing() throws {
        for (name, firstReference) in [("server", 1), ("content-type", 1), ("x-trace", 2), ("etag", 2), (":path", 2)] {
            var encoder = HPACKEncoder()
            var decoder = HPACKDecoder()
            let field = Field(name, "/some-value")
            for time in 0..<4 {
                let block = encoder.block([field])
                #expect(try decoder.fields(block) == [field])
                #expect((block == [0xBE]) == (time >= firstReference), "\(name), time \(time)")
            }
        }
    }

    @Test("What differs every time pushes nothing out of the table")
    func varying() throws {
        var encoder = HPACKEncoder()
        let steady = Field("server", "gatehouse")
        _ = encoder.block([steady])
        for number in 0..<1000 {
            _ = encoder.block([Field("x-request-id", "\(number)"), Field("x-other", "\(number)")])
        }
        #expect(encoder.tableCount < 20)
        #expect(encoder.block([steady]).count <= 2)
    }

    @Test("A name that only the dynamic table has is sent once")
    func names() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        for name in ["x-application-name", "x-forwarded-proto", ":protocol"] {
            for _ in 0..<2 { _ = try decoder.fields(encoder.block([Field(name, "first")])) }
            let block = encoder.block([Field(name, "2")])
            #expect(block.count <= 4, "\(name)")
            #expect(try decoder.fields(block) == [Field(name, "2")])
        }
        // Names of the static table without a number.
        #expect(encoder.block([Field("from", "a")])[..<2] == [0x0F, 0x16])
    }

    @Test("Names are sent in lower case, whatever case they came in, and are one name")
    func letterCase() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        for name in ["X-Custom_1", "x-custom_1", "X-CUSTOM_1", "Content-Type", "CONTENT-TYPE"] {
            #expect(try decoder.fields(encoder.block([Field(name, "V")])) == [Field(name.lowercased(), "V")])
        }
        #expect(encoder.tableCount == 2)
    }

    @Test("A field above half of the table is not indexed")
    func largeFields() throws {
        var encoder = HPACKEncoder()
        for _ in 0..<3 {
            _ = encoder.block([
                Field("x-a", String(repeating: "1", count: 2014)), Field("vary", String(repeating: "1", count: 2020)),
            ])
            #expect(encoder.tableCount == 0)
        }
        for _ in 0..<3 { _ = encoder.block([Field("x-a", String(repeating: "2", count: 2013))]) }
        #expect(encoder.tableCount == 1)
    }

    // MARK: Secrets (§7.1.3)

    @Test(
        "§7.1.3: credentials, cookies that are set, and short cookies are never indexed, by anyone",
        arguments: [
            ("authorization", "Bearer 0123456789abcdef0123456789", true), ("proxy-authorization", "Basic eA==", true),
            ("set-cookie", "id=0123456789abcdef0123456789", true), ("cookie", "id=0123456789012345", true),
            ("cookie", "id=01234567890123456", false), ("accept", "a", false),
        ])
    func secrets(name: String, value: String, isSecret: Bool) throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        for _ in 0..<3 {
            let fields = try decoder.fields(encoder.block([Field(name, value)]))
            #expect(fields == [Field(name, value, isNeverIndexed: isSecret)])
        }
        #expect(encoder.tableCount == (isSecret ? 0 : 1))
    }

    @Test("§6.2.3: what came never indexed goes on never indexed, whatever the field")
    func receivedSecrets() throws {
        var head = MessageHead()
        for (name, flags) in [("x-token", FieldRecord.Flags.neverIndexed), ("server", .neverIndexed), ("x-other", [])] {
            let start = head.received.count
            head.received.append(name.bytes.span)
            head.received.append(": v\r\n")
            let end = start + name.utf8.count
            head.appendReceived(
                FieldRecord(
                    name: start..<end, known: KnownField(name.bytes.span), value: (end + 2)..<(end + 3), flags: flags))
        }
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        for _ in 0..<3 {
            var out = ByteBuffer()
            encoder.begin(into: &out)
            encoder.fields(head, into: &out)
            #expect(
                try decoder.fields(out.span.array) == [
                    Field("x-token", "v", isNeverIndexed: true), Field("server", "v", isNeverIndexed: true),
                    Field("x-other", "v"),
                ])
        }
    }

    @Test("§6.2.3: a value that is edited stays as secret as it was")
    func editedSecrets() {
        for flags: FieldRecord.Flags in [.neverIndexed, []] {
            var head = MessageHead()
            head.received.append("cookie: a\r\n".bytes.span)
            head.appendReceived(FieldRecord(name: 0..<6, known: .cookie, value: 8..<9, flags: flags))
            head.replaceValue(at: 0, with: "b".bytes.span)
            let edited = head.field(0).flags
            #expect(edited.contains(.neverIndexed) == flags.contains(.neverIndexed))
            #expect(edited.isSuperset(of: [.added, .canonical]))
        }
    }

    // MARK: Heads

    @Test("A head's fields are written without the removed and the omitted ones, edits among them")
    func heads() throws {
        var head = MessageHead(received: [
            ("Host", "a.example"), ("Accept", "*/*"), ("X-Gone", "1"), ("X-Stays", "2"), ("Content-Length", "5"),
        ])
        head.remove(named: "x-gone".bytes.span)
        head.add(.xForwardedFor, "192.0.2.1".bytes.span)
        head.add("X-Added", "3")
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        var out = ByteBuffer()
        encoder.begin(into: &out)
        encoder.fields(head, omitting: KnownField.host.bit | KnownField.contentLength.bit, into: &out)
        encoder.field(.contentLength, decimal: 1234, into: &out)
        encoder.field(.server, "gatehouse", into: &out)
        encoder.field(.age, decimal: 0, into: &out)
        #expect(
            try decoder.fields(out.span.array) == [
                Field("accept", "*/*"), Field("x-stays", "2"), Field("x-forwarded-for", "192.0.2.1"),
                Field("x-added", "3"), Field("content-length", "1234"), Field("server", "gatehouse"), Field("age", "0"),
            ])
    }

    // MARK: Size updates (§4.2)

    private static func update(_ size: Int) -> [UInt8] { integer(size, prefixBits: 5, flags: 0x20) }

    @Test("§4.2: a changed size is announced at the beginning of the next block, the lowest one with it")
    func sizeUpdates() throws {
        var encoder = HPACKEncoder()
        func updates(_ encoder: inout HPACKEncoder) -> [UInt8] {
            var out = ByteBuffer()
            encoder.begin(into: &out)
            return out.span.array
        }
        #expect(updates(&encoder) == [])
        encoder.peerTableBytesMax(4096)
        encoder.peerTableBytesMax(65_536)
        #expect(updates(&encoder) == [])
        encoder.peerTableBytesMax(100)
        #expect(updates(&encoder) == Self.update(100))
        #expect(updates(&encoder) == [])
        encoder.peerTableBytesMax(0)
        encoder.peerTableBytesMax(1 << 32)
        #expect(updates(&encoder) == Self.update(0) + Self.update(4096))
        encoder.peerTableBytesMax(10)
        encoder.peerTableBytesMax(4096)
        #expect(
            updates(&encoder) == Self.update(10) + Self.update(4096))
        encoder.peerTableBytesMax(50)
        encoder.peerTableBytesMax(60)
        encoder.peerTableBytesMax(55)
        #expect(updates(&encoder) == Self.update(50) + Self.update(55))
    }

    @Test("With a table of size 0 nothing is remembered and nothing allocated")
    func noTable() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder(tableBytesMax: 0)
        decoder.settingsAcknowledged()
        encoder.peerTableBytesMax(0)
        let fields = [Field("server", "gatehouse"), Field("x-own", "1"), Field("accept", "*/*")]
        for _ in 0..<3 { #expect(try decoder.fields(encoder.block(fields)) == fields) }
        #expect(encoder.heldBytes == 0 && decoder.heldBytes == 0)
    }

    // MARK: Both ends

    @Test("Random heads with random changes of the table's size come back as they were, and both tables agree")
    func roundTrip() throws {
        var random = SeededRandom(stream: 44)
        for _ in 0..<8 {
            var encoder = HPACKEncoder()
            var decoder = HPACKDecoder()
            var heads = RandomHeads(random: random)
            for _ in 0..<100 {
                for _ in 0..<(random.number(below: 10) == 0 ? 3 : 0) {
                    encoder.peerTableBytesMax(random.number(below: 5000))
                }
                let head = heads.next()
                let received = try decoder.fields(encoder.block(head))
                #expect(
                    received.map(\.name) == head.map(\.name) && received.map(\.value) == head.map(\.value),
                    "seed \(random.seed)")
                #expect(encoder.tableCount == decoder.tableCount && encoder.tableBytes == decoder.tableBytes)
                #expect(encoder.heldBytes <= 8 << 10)
            }
            random = heads.random
        }
    }

    @Test("Steady heads allocate nothing more and shrink to a byte for each field")
    func steady() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        let head = (0..<20).map { Field("x-field-\($0)", "value \($0)") }
        for _ in 0..<3 { _ = try decoder.fields(encoder.block(head)) }
        let held = (encoder.heldBytes, decoder.heldBytes)
        for _ in 0..<100 {
            let block = encoder.block(head)
            #expect(block.count == 20)
            #expect(try decoder.fields(block) == head)
        }
        #expect(held == (encoder.heldBytes, decoder.heldBytes))
    }
}
