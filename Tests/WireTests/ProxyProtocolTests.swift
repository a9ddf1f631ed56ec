// DESIGN "Client address", the PROXY protocol (HAProxy's proxy-protocol.txt): read only where and from whom it is due.

import GateCore
import GateTesting
import Testing

@Suite("PROXY protocol in")
struct ProxyProtocolInTests {
    private static let settings = Stage.Settings(listener: "proxy_protocol: { from: [127.0.0.1] }")
    private static let v2Signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    @Test(
        "a v1 header tells the client's address",
        arguments: [
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n", "1.2.3.4"),
            ("PROXY TCP6 2001:db8::1 2001:db8::2 1111 80\r\n", "2001:db8::1"),
            ("PROXY UNKNOWN\r\n", "127.0.0.1"),
            ("PROXY UNKNOWN 2001:db8::1 2001:db8::2 1111 80\r\n", "127.0.0.1"),
        ], [1000, 1])
    func v1(header: (String, String), piece: Int) throws {
        try Stage.play(ScriptedServer.echo, Self.settings) { stage in
            let client = try stage.connect()
            try client.send(header.0 + get(), inPiecesOf: piece, every: .zero)
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest()["X-Forwarded-For"] == [header.1])
        }
    }

    static let v2Headers: [(name: String, header: [UInt8], address: String)] = [
        ("IPv4", v2(0x21, 0x11, v4Addresses), "1.2.3.4"),
        ("IPv4 with extensions", v2(0x21, 0x11, v4Addresses + [0x04, 0, 3, 1, 2, 3]), "1.2.3.4"),
        ("IPv6", v2(0x21, 0x21, v6Addresses), "2001:db8::1"),
        ("LOCAL", v2(0x20, 0x00, []), "127.0.0.1"),
        ("LOCAL with addresses", v2(0x20, 0x11, v4Addresses), "127.0.0.1"),
        ("an unspecified family", v2(0x21, 0x00, []), "127.0.0.1"),
    ]
    private static let v4Addresses: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 0x04, 0x57, 0, 80]
    private static let v6Addresses: [UInt8] =
        [0x20, 0x01, 0x0d, 0xb8] + Array(repeating: 0, count: 11) + [1] + Array(repeating: 0, count: 16) + [
            4, 0x57, 0, 80,
        ]

    private static func v2(_ command: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? body.count
        return v2Signature + [command, family, UInt8(length >> 8), UInt8(length & 0xff)] + body
    }

    @Test("a v2 header tells the client's address", arguments: 0..<v2Headers.count, [true, false])
    func v2(index: Int, whole: Bool) throws {
        let (_, header, address) = Self.v2Headers[index]
        try Stage.play(ScriptedServer.echo, Self.settings) { stage in
            let client = try stage.connect()
            let bytes = header + Array(get().utf8)
            if whole { try client.send(bytes) } else { for byte in bytes { try client.send([byte]) } }
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest()["X-Forwarded-For"] == [address])
        }
    }

    static let badHeaders: [(name: String, bytes: [UInt8])] = [
        ("no header", Array(get().utf8)),
        ("an unknown protocol", Array("PROXY TCP5 1.2.3.4 5.6.7.8 1111 80\r\n".utf8)),
        ("an address that is none", Array("PROXY TCP4 1.2.3 5.6.7.8 1111 80\r\n".utf8)),
        ("an address of the other family", Array("PROXY TCP4 ::1 ::2 1111 80\r\n".utf8)),
        ("a port beyond 65535", Array("PROXY TCP4 1.2.3.4 5.6.7.8 65536 80\r\n".utf8)),
        ("a port with a leading zero", Array("PROXY TCP4 1.2.3.4 5.6.7.8 01111 80\r\n".utf8)),
        ("two spaces", Array("PROXY  TCP4 1.2.3.4 5.6.7.8 1111 80\r\n".utf8)),
        ("a missing field", Array("PROXY TCP4 1.2.3.4 5.6.7.8 1111\r\n".utf8)),
        ("a bare LF", Array("PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\n".utf8)),
        ("lower case", Array("proxy TCP4 1.2.3.4 5.6.7.8 1111 80\r\n".utf8)),
        ("no end within 107 bytes", Array("PROXY UNKNOWN \(String(repeating: "x", count: 200))\r\n".utf8)),
        ("v2 with an unknown version", v2(0x31, 0x11, v4Addresses)),
        ("v2 with an unknown command", v2(0x22, 0x11, v4Addresses)),
        ("v2 too short for its family", v2(0x21, 0x11, [1, 2, 3, 4])),
        ("v2 of 65,535 bytes", v2(0x21, 0x11, Array(repeating: 0, count: 65535))),
    ]

    @Test("where a header is due, anything else ends the connection without a request", arguments: 0..<badHeaders.count)
    func bad(index: Int) throws {
        try Stage.play(ScriptedServer.echo, Self.settings) { stage in
            let client = try stage.connect()
            // The end may come before all is sent.
            do {
                try client.send(Self.badHeaders[index].bytes + Array(get("/behind").utf8))
            } catch let failure as WireFailure { #expect(failure.isEnd) }
            try client.waitForEnd()
            #expect(stage.backend.requestCount == 0, "\(Self.badHeaders[index].name)")
        }
    }

    @Test(
        "a peer that is not listed is refused, with or without a header",
        arguments: [
            get(), "PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n" + get(),
        ])
    func unlisted(raw: String) throws {
        try Stage.play(ScriptedServer.echo, Self.settings) { stage throws in
            // The refusal may come before the client has looked at its connection.
            do {
                let client = try stage.connect(from: IPAddress(127, 0, 0, 2))
                try client.send(raw)
                try client.waitForEnd()
            } catch let failure as WireFailure { #expect(failure.isEnd) }
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("where none is due, a header is a malformed request")
    func unexpected() throws {
        try expectRefused("PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n" + get())
    }

    @Test("a header that does not come is waited for as long as for a head")
    func missing() throws {
        let settings = Stage.Settings(
            top: "timeouts: { head: 150ms }\n", listener: "proxy_protocol: { from: [127.0.0.1] }")
        try Stage.play(ScriptedServer.echo, settings) { stage in
            let client = try stage.connect()
            try client.send("PROXY TCP4 1.2")
            try client.waitForEnd()
        }
    }

    @Test("the address from the header is the one that trust is about")
    func trust() throws {
        let settings = Stage.Settings(
            top: "trusted_proxies: [1.2.3.4]\n", listener: "proxy_protocol: { from: [127.0.0.1] }")
        try Stage.play(ScriptedServer.echo, settings) { stage in
            let client = try stage.connect()
            try client.send("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + get("/", "X-Forwarded-For: 9.9.9.9\r\n"))
            _ = try client.readResponse()
            let chain = try stage.backend.nextRequest()["X-Forwarded-For"].joined(separator: ", ")
            #expect(chain == "9.9.9.9, 1.2.3.4")
        }
    }
}

@Suite("PROXY protocol out")
struct ProxyProtocolOutTests {
    @Test("v1 opens each connection to the backend with the client's address")
    func v1() throws {
        let script: ScriptedServer.Script = { visit in
            let line = try visit.connection.read(until: "\r\n")
            while try visit.nextRequest() != nil { try visit.respond(body: line) }
        }
        try Stage.play(script, .init(upstream: "proxy_protocol: v1")) { stage in
            let listener = try #require(try stage.proxy.address().port)
            for last in [3, 4] as [UInt8] {
                let client = try stage.connect(from: IPAddress(127, 0, 0, last))
                for _ in 1...2 {
                    try client.send(get())
                    let line = try client.readResponse().body.text
                    #expect(line == "PROXY TCP4 127.0.0.\(last) 127.0.0.1 \(client.localPort) \(listener)\r\n")
                }
            }
        }
    }

    @Test("v2 opens each connection to the backend with the client's address")
    func v2() throws {
        let header = Monitor<[UInt8]>([])
        let script: ScriptedServer.Script = { visit in
            let start = try visit.connection.read(exactly: 16)
            let rest = try visit.connection.read(exactly: Int(start[14]) << 8 | Int(start[15]))
            header.update { $0 = start + rest }
            try visit.readRequest()
            try visit.respond(body: "ok")
        }
        try Stage.play(script, .init(upstream: "proxy_protocol: v2")) { stage in
            let client = try stage.connect(from: IPAddress(127, 0, 0, 5))
            try client.send(get())
            #expect(try client.readResponse().body.text == "ok")
            let bytes = header.current
            let (from, to) = (client.localPort, try #require(try stage.proxy.address().port))
            #expect(bytes.prefix(12) == [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10])
            #expect(bytes[12..<14] == [0x21, 0x11])
            #expect(bytes[16..<24] == [127, 0, 0, 5, 127, 0, 0, 1])
            #expect(bytes[24..<28] == [UInt8(from >> 8), UInt8(from & 0xff), UInt8(to >> 8), UInt8(to & 0xff)])
        }
    }

    @Test("a connection that speaks for one client is not used for another")
    func notShared() throws {
        let script: ScriptedServer.Script = { visit in
            let line = try visit.connection.read(until: "\r\n")
            while try visit.nextRequest() != nil { try visit.respond(body: line) }
        }
        try Stage.play(script, .init(upstream: "proxy_protocol: v1")) { stage in
            let first = try stage.exchange(get(), from: IPAddress(127, 0, 0, 3)).body.text
            let second = try stage.exchange(get(), from: IPAddress(127, 0, 0, 4)).body.text
            #expect(first.contains("127.0.0.3"))
            #expect(second.contains("127.0.0.4"))
        }
    }
}
