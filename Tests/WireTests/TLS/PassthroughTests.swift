// Connections that go on to a server with their TLS untouched.

import GateTesting
import Testing

@Suite("TLS passthrough (RFC 6066 §3)")
struct PassthroughTests {
    /// A server with a certificate of its own, and a proxy that passes a name on to it.
    private struct Scene {
        let authority: TestAuthority
        let server: ScriptedServer
        let proxy: ProxyUnderTest

        func connect(_ name: String? = "db.example", _ change: (inout RawTLSOptions) -> Void = { _ in }) throws
            -> RawTLSConnection
        {
            let options = RawTLSOptions().with { options in
                (options.serverName, options.roots) = (name, authority.rootPEM)
                change(&options)
            }
            return try RawTLSConnection.connect(to: try proxy.address(), options)
        }
    }

    private static func text(rules: String, upstream: String, top: String = "", handshake: String = "10s") -> String {
        """
        workers: 1
        \(top.isEmpty ? "log: { access: off, error: { level: warning } }" : top)
        listeners: [{ name: main, address: "127.0.0.1:0", tls: { passthrough: [\(rules)] }, timeouts: { handshake: \(handshake) } }]
        upstreams: { db: { \(upstream) } }

        """
    }

    private static func play(
        _ script: @escaping @Sendable (SecureVisit) throws -> Void, names: String = "[db.example]",
        servers: [String]? = nil,
        upstream: String = "", top: String = "", handshake: String = "10s", _ body: (Scene) throws -> Void
    ) throws {
        let authority = try TestAuthority()
        let options = RawTLSOptions.server(try authority.server("db.example", "a.db.example"))
        try play(authority, ScriptedServer.secure(options, script), names, servers, upstream, top, handshake, body)
    }

    private static func play(
        _ authority: TestAuthority, _ script: @escaping ScriptedServer.Script, _ names: String, _ servers: [String]?,
        _ upstream: String, _ top: String, _ handshake: String = "10s", _ body: (Scene) throws -> Void
    ) throws {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let urls = (servers ?? []) + [server.url]
        let keys = ["servers: [\(urls.joined(separator: ", "))]", upstream].filter { !$0.isEmpty }
        let text = text(
            rules: "{ names: \(names), proxy: db }", upstream: keys.joined(separator: ", "), top: top,
            handshake: handshake)
        let proxy = try ProxyUnderTest(text)
        do { try body(Scene(authority: authority, server: server, proxy: proxy)) } catch {
            try? proxy.stop()
            throw error
        }
        try proxy.stop()
    }

    private static let echo: @Sendable (SecureVisit) throws -> Void = { visit in
        while true {
            let bytes = try visit.tls.readSome(within: .seconds(60))
            if bytes.isEmpty { break }
            try visit.tls.send(bytes, within: .seconds(60))
        }
        try visit.end()
    }

    @Test("the client gets the server's own certificate, and bytes go both ways to their end")
    func through() throws {
        try Self.play(Self.echo) { scene in
            let client = try scene.connect()
            for text in ["hello", String(repeating: "much ", count: 400_000)] {
                let sender = Background { try client.send(text, within: .seconds(60)) }
                let answer = try client.read(exactly: text.utf8.count, within: .seconds(60))
                #expect(answer == Array(text.utf8))
                try sender.value()
            }
            try client.endSending()
            #expect(try client.readToEnd() == [])
            client.close()
            try eventually("the tunnel to be over") { scene.proxy.endings("tunnel_closed") == 1 }
            try scene.proxy.waitUntilIdle()
        }
    }

    @Test("a hello that comes byte by byte is one, and so is one in records of a byte", arguments: [1, 2, 7])
    func pieces(count: Int) throws {
        try Self.play(Self.echo) { scene in
            let client = try scene.connect { options in
                options.wire = { connection, bytes in
                    for start in stride(from: 0, to: bytes.count, by: count) {
                        try connection.send(Array(bytes[start..<min(start + count, bytes.count)]))
                    }
                }
            }
            try client.send("hello")
            #expect(try client.read(exactly: 5) == Array("hello".utf8))
        }
    }

    @Test(
        "names, endings and `*` match",
        arguments: [
            ("[db.example]", true), ("['*.db.example', db.example]", true), ("['*']", true), ("[DB.example]", true),
        ])
    func names(names: String, isPassed: Bool) throws {
        try Self.play(Self.echo, names: names) { scene in
            for name in names.contains("*") ? ["db.example", "a.db.example"] : ["db.example"] {
                let client = try scene.connect(name)
                try client.send("hello")
                #expect(try client.read(exactly: 5) == Array("hello".utf8))
            }
        }
    }

    @Test("an exact name comes before an ending, and a longer ending before a shorter one")
    func precedence() throws {
        let authority = try TestAuthority()
        func server(_ word: String) throws -> ScriptedServer {
            let options = RawTLSOptions.server(try authority.server("a.b.example", "x.b.example", "x.example"))
            return try ScriptedServer(
                ScriptedServer.secure(options) { visit in
                    try visit.send(word)
                    try visit.end()
                })
        }
        let servers = try ["1", "2", "3"].map(server)
        defer { for server in servers { server.stop() } }
        let names = ["'*.example'", "a.b.example", "'*.b.example'"]
        let rules = zip(names, servers).map { "{ names: [\($0)], proxy: tcp://\($1.address) }" }
        let proxy = try ProxyUnderTest(
            """
            workers: 1
            log: { access: off, error: { level: warning } }
            listeners: [{ name: main, address: "127.0.0.1:0", tls: { passthrough: [\(rules.joined(separator: ", "))] } }]

            """)
        for (name, word) in [("a.b.example", "2"), ("x.b.example", "3"), ("x.example", "1")] {
            let options = RawTLSOptions().with { ($0.serverName, $0.roots) = (name, authority.rootPEM) }
            let client = try RawTLSConnection.connect(to: try proxy.address(), options)
            #expect(try client.readToEnd() == Array(word.utf8))
        }
        try proxy.stop()
    }

    @Test("a name that nobody answers to is refused with unrecognized_name, and no server hears of it")
    func unknown() throws {
        try Self.play(Self.echo) { scene in
            let failure = #expect(throws: WireFailure.self) { try scene.connect("other.example") }
            #expect(failure?.kind == .alert(112))
            #expect(throws: WireFailure.self) { try scene.connect(nil) }
            #expect(scene.server.connectionCount == 0)
        }
    }

    @Test(
        "what is no hello reaches no server",
        arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{16}\u{03}\u{01}\u{00}\u{00}", "\0"])
    func garbage(text: String) throws {
        try Self.play(Self.echo, handshake: "300ms") { scene in
            let client = try scene.proxy.connect()
            try client.send(text)
            try client.waitForEnd()
            #expect(scene.server.connectionCount == 0)
        }
    }

    @Test("a client that stalls in its hello is not waited for longer than `timeouts.handshake`")
    func stalled() throws {
        let top = "log: { access: off, error: { level: warning } }\ntimeouts: { handshake: 1h }"
        try Self.play(Self.echo, top: top, handshake: "300ms") { scene in
            let client = try scene.proxy.connect()
            try client.send("\u{16}\u{03}\u{01}")
            try client.waitForEnd()
            #expect(scene.server.connectionCount == 0)
        }
    }

    // MARK: Servers

    @Test("a server that refuses the connection is passed over")
    func refused() throws {
        let refusing = try RefusingPort()
        try Self.play(Self.echo, servers: [refusing.url]) { scene in
            for _ in 1...4 {
                let client = try scene.connect()
                try client.send("hello")
                #expect(try client.read(exactly: 5) == Array("hello".utf8))
            }
        }
    }

    @Test("without a server the connection ends, and is counted by the reason")
    func nobody() throws {
        let refusing = try RefusingPort()
        let proxy = try ProxyUnderTest(
            Self.text(rules: "{ names: ['*'], proxy: db }", upstream: "servers: [\"\(refusing.url)\"]"))
        #expect(throws: WireFailure.self) { try RawTLSConnection.connect(to: try proxy.address()) }
        try eventually("an ending") { proxy.endings("connect_failed") + proxy.endings("no_server") > 0 }
        try proxy.stop()
    }

    @Test("a server that goes away in the middle resets the client")
    func cut() throws {
        let cutting: @Sendable (SecureVisit) throws -> Void = { visit in
            _ = try visit.tls.readSome()
            visit.visit.connection.reset()
        }
        try Self.play(cutting) { scene in
            let client = try scene.connect()
            try client.send("hello")
            #expect(throws: WireFailure.self) { try client.read(exactly: 1) }
            try eventually("an ending") { scene.proxy.endings("server_closed") == 1 }
        }
    }

    @Test("a PROXY header goes before the hello")
    func proxyHeader() throws {
        let authority = try TestAuthority()
        let options = RawTLSOptions.server(try authority.server("db.example"))
        let begins = Monitor<[String]>([])
        let script: ScriptedServer.Script = { visit in
            let line = try visit.connection.read(until: "\r\n")
            begins.update { $0.append(line) }
            try ScriptedServer.secure(options, Self.echo)(visit)
        }
        try Self.play(authority, script, "[db.example]", nil, "proxy_protocol: v1", "") { scene in
            let client = try scene.connect()
            try client.send("hello")
            #expect(try client.read(exactly: 5) == Array("hello".utf8))
            #expect(begins.current.first?.hasPrefix("PROXY TCP4 127.0.0.1 127.0.0.1 ") == true)
        }
    }

    @Test("a tunnel in which nobody speaks ends after `timeouts.tunnel`")
    func idle() throws {
        let top = "log: { access: off, error: { level: warning } }\ntimeouts: { tunnel: 1500ms }"
        try Self.play(Self.echo, top: top) { scene in
            let client = try scene.connect()
            try client.waitForEnd()
            try eventually("an ending") { scene.proxy.endings("tunnel_timeout") == 1 }
        }
    }

    @Test("the access log has a line for the connection, with the name, the server and the reason")
    func logged() throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("access.log")
        let template = "{tls.sni} {request.host} {request.protocol} {status} {reason} {upstream} {attempts}"
        let log = "log: { access: { template: '\(template)', output: \"\(file)\" }, error: { level: warning } }"
        try Self.play(Self.echo, top: log) { scene in
            let client = try scene.connect("DB.example")
            try client.send("hello")
            _ = try client.read(exactly: 5)
            try client.endSending()
            _ = try client.readToEnd()
            client.close()
            try eventually("a line") { textOfFile(file).contains("\n") }
            #expect(textOfFile(file) == "db.example db.example TLS 200 tunnel_closed db 1\n")
        }
    }
}
