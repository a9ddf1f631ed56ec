// Where a proxy listens, and what goes on when its configuration changes.

import GateCore
import GateTesting
import Testing

@Suite("Listeners")
struct ListenerTests {
    @Test("IPv4, IPv6, both at once and Unix sockets are served", arguments: ["127.0.0.1:0", "[::1]:0", ":0"])
    func addresses(listen: String) throws {
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: backend.url, listen: listen))
        let port = try #require(try proxy.address().port)
        #expect(port != 0)
        var clients: [IPAddress] = []
        if !listen.hasPrefix("[") { clients.append(.loopbackIPv4) }
        if !listen.hasPrefix("127") { clients.append(.loopback) }
        for client in clients {
            let connection = try RawConnection.connect(to: .ip(client, port: port))
            try connection.send(get())
            #expect(try connection.readResponse().status == 200)
            #expect(try backend.nextRequest()["X-Forwarded-For"] == ["\(client)"])
        }
        try proxy.stop()
    }

    @Test("a Unix socket is served, and its file goes with the proxy")
    func unix() throws {
        let directory = try TemporaryDirectory()
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        let path = directory.file("gate.sock")
        for _ in 1...2 {
            let proxy = try ProxyUnderTest(Stage.Settings().text(backend: backend.url, listen: "unix:\(path)"))
            #expect(try proxy.exchange(get()).status == 200)
            try proxy.stop()
        }
    }

    @Test("backends may be on Unix sockets and IPv6")
    func backends() throws {
        let directory = try TemporaryDirectory()
        for address in [SocketAddress.unix(path: directory.file("b.sock")), .ip(.loopback, port: 0)] {
            let backend = try ScriptedServer(on: address, ScriptedServer.saying("hi"))
            defer { backend.stop() }
            let url = if case .unix = address { "\(backend.address)" } else { backend.url }
            try Stage.play(ScriptedServer.echo, .init(servers: [url])) { stage throws in
                #expect(try stage.exchange(get()).body.text == "hi")
            }
        }
    }

    @Test("an address that is taken is an error of the start that names it")
    func taken() throws {
        let other = try ScriptedServer(ScriptedServer.echo)
        defer { other.stop() }
        let text = Stage.Settings().text(backend: other.url, listen: "\(other.address)")
        let error = #expect(throws: (any Error).self) { _ = try ProxyUnderTest(text) }
        #expect("\(String(describing: error))".contains("\(other.port)"))
    }

    @Test("several listeners and workers serve the same sites")
    func several() throws {
        let backend = try ScriptedServer(ScriptedServer.saying("ok"))
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(
            """
            workers: 2
            log: { access: off, error: { level: warning } }
            listeners: [ { name: one, address: "127.0.0.1:0" }, { name: two, address: "127.0.0.2:0" } ]
            sites: [ { routes: [ { proxy: "\(backend.url)" } ] } ]
            """)
        for name in ["one", "two"] {
            for _ in 1...20 {
                let client = try proxy.connect(name)
                try client.send(get())
                #expect(try client.readResponse().body.text == "ok")
            }
        }
        try proxy.stop()
    }
}
