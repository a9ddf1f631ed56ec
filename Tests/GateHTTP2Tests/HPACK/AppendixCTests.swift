import GateCore
import GateHTTP2
import GateTestSupport
import Testing

/// One block of an example, and what it leaves in the table.
struct ExampleBlock: Sendable {
    var hex: String
    var fields: [(String, String)]
    /// The table's size in bytes, and its entries, the newest first.
    var tableBytes: Int
    var table: [(String, String)]
}

@Suite("The examples of RFC 7541 appendix C")
struct AppendixCTests {
    private static let custom = ("custom-key", "custom-header")

    @Test("C.1: integers")
    func integers() throws {
        // An index of 10, and a string of 1337 bytes, by way of the fields that hold them.
        #expect(integer(10, prefixBits: 5) == [0x0A])
        #expect(integer(1337, prefixBits: 5) == [0x1F, 0x9A, 0x0A])
        #expect(integer(42, prefixBits: 8) == [0x2A])
        var decoder = HPACKDecoder()
        // The size updates of 10 and 1337.
        #expect(try decoder.fields([0x2A, 0x3F, 0x9A, 0x0A, 0x82]) == [Field(":method", "GET")])
        let long = String(repeating: "x", count: 1337)
        #expect(try decoder.fields([0x00, 0x01, 0x61, 0x7F, 0xBA, 0x09] + long.latin1) == [Field("a", long)])
    }

    @Test("C.2: each representation of a field")
    func representations() throws {
        try check(
            "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
            [Field("custom-key", "custom-header")], tableBytes: 55)
        try check("040c 2f73 616d 706c 652f 7061 7468", [Field(":path", "/sample/path")], tableBytes: 0)
        try check(
            "1008 7061 7373 776f 7264 0673 6563 7265 74", [Field("password", "secret", isNeverIndexed: true)],
            tableBytes: 0)
        try check("82", [Field(":method", "GET")], tableBytes: 0)
    }

    private func check(_ hex: String, _ fields: [Field], tableBytes: Int) throws {
        var decoder = HPACKDecoder()
        #expect(try decoder.fields(hex.hexBytes) == fields)
        #expect(decoder.tableBytes == tableBytes)
    }

    @Test("C.3: requests without Huffman's code")
    func requests() throws {
        try checkRequests([
            "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
            "8286 84be 5808 6e6f 2d63 6163 6865",
            "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ])
    }

    @Test("C.4: requests with Huffman's code")
    func encodedRequests() throws {
        try checkRequests([
            "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
            "8286 84be 5886 a8eb 1064 9cbf",
            "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        ])
    }

    private func checkRequests(_ blocks: [String]) throws {
        let authority = (":authority", "www.example.com")
        let noCache = ("cache-control", "no-cache")
        let custom = ("custom-key", "custom-value")
        try check(
            tableBytes: 4096,
            [
                ExampleBlock(
                    hex: blocks[0], fields: [(":method", "GET"), (":scheme", "http"), (":path", "/"), authority],
                    tableBytes: 57, table: [authority]),
                ExampleBlock(
                    hex: blocks[1],
                    fields: [(":method", "GET"), (":scheme", "http"), (":path", "/"), authority, noCache],
                    tableBytes: 110, table: [noCache, authority]),
                ExampleBlock(
                    hex: blocks[2],
                    fields: [(":method", "GET"), (":scheme", "https"), (":path", "/index.html"), authority, custom],
                    tableBytes: 164, table: [custom, noCache, authority]),
            ])
    }

    @Test("C.5: responses without Huffman's code, with evictions")
    func responses() throws {
        try checkResponses([
            """
            4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120
            474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
            """,
            "4803 3330 37c1 c0bf",
            """
            88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738
            666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33
            3630 303b 2076 6572 7369 6f6e 3d31
            """,
        ])
    }

    @Test("C.6: responses with Huffman's code, with evictions")
    func encodedResponses() throws {
        try checkResponses([
            """
            4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718
            63c7 8f0b 97c8 e9ae 82ae 43d3
            """,
            "4883 640e ffc1 c0bf",
            """
            88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7
            b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
            """,
        ])
    }

    private func checkResponses(_ blocks: [String]) throws {
        let location = ("location", "https://www.example.com")
        let date = ("date", "Mon, 21 Oct 2013 20:13:21 GMT")
        let later = ("date", "Mon, 21 Oct 2013 20:13:22 GMT")
        let control = ("cache-control", "private")
        let cookie = ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")
        try check(
            tableBytes: 256,
            [
                ExampleBlock(
                    hex: blocks[0], fields: [(":status", "302"), control, date, location], tableBytes: 222,
                    table: [location, date, control, (":status", "302")]),
                ExampleBlock(
                    hex: blocks[1], fields: [(":status", "307"), control, date, location], tableBytes: 222,
                    table: [(":status", "307"), location, date, control]),
                ExampleBlock(
                    hex: blocks[2],
                    fields: [
                        (":status", "200"), control, later, location, ("content-encoding", "gzip"), cookie,
                    ], tableBytes: 215, table: [cookie, ("content-encoding", "gzip"), later]),
            ])
    }

    /// Each block gives its fields and leaves its table; the table is read by asking for each of its entries.
    private func check(tableBytes: Int, _ blocks: [ExampleBlock]) throws {
        var decoder = HPACKDecoder()
        // The examples begin with a table of this size.
        _ = try decoder.fields(integer(tableBytes, prefixBits: 5, flags: 0x20))
        for block in blocks {
            #expect(try decoder.fields(block.hex.hexBytes) == block.fields.map { Field($0, $1) })
            #expect(decoder.tableBytes == block.tableBytes)
            #expect(decoder.tableCount == block.table.count)
            let references = (0..<block.table.count).map { UInt8(0x80 + 62 + $0) }
            #expect(try decoder.fields(references) == block.table.map { Field($0, $1) })
        }
    }

    @Test("C.4 and C.6: strings are encoded as in the examples")
    func encoded() throws {
        var encoder = HPACKEncoder()
        let first = encoder.block([
            Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"),
            Field(":authority", "www.example.com"),
        ])
        #expect(first == "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff".hexBytes)
        let second = encoder.block([
            Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"),
            Field(":authority", "www.example.com"), Field("cache-control", "no-cache"),
        ])
        #expect(second == "8286 84be 5886 a8eb 1064 9cbf".hexBytes)
    }
}
