// A graceful stop and a reload, seen from one connection.

import GateCore
import GateTesting
import Testing

@Suite("Stopping and reloading (RFC 9112 §9.6)")
struct DrainTests {
    /// Answers `/slow` when it is released, everything else at once.
    private static let script = ScriptedServer.serving { visit, request in
        if request.target == "/slow" { try visit.stall() }
        try visit.respond(body: request.target)
    }

    @Test("an exchange under way when the proxy stops is finished, and its answer announces the close")
    func finished() throws {
        let backend = try ScriptedServer(Self.script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: backend.url))
        let address = try proxy.address()
        let (busy, idle) = (try proxy.connect(), try proxy.connect())
        try idle.send(get())
        _ = try idle.readResponse()
        try busy.send(get("/slow"))
        _ = try backend.nextRequest()
        _ = try backend.nextRequest()
        let stop = Background { try proxy.stop(graceful: true) }
        try idle.expectEnd()
        try eventually("new connections to be refused") { (try? RawConnection.connect(to: address)) == nil }
        backend.release.fire()
        let response = try busy.readResponse()
        #expect(response.body.text == "/slow")
        #expect(response.announcesClose)
        try busy.expectEnd()
        try stop.value()
    }

    @Test("requests that were pipelined behind the last one are not half done")
    func pipelined() throws {
        let backend = try ScriptedServer(Self.script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: backend.url))
        let client = try proxy.connect()
        try client.send(get("/slow") + get("/behind"))
        _ = try backend.nextRequest()
        let address = try proxy.address()
        let stop = Background { try proxy.stop(graceful: true) }
        try eventually("new connections to be refused") { (try? RawConnection.connect(to: address)) == nil }
        backend.release.fire()
        let first = try client.readResponse()
        #expect(first.body.text == "/slow")
        if first.announcesClose {
            try client.waitForEnd()
        } else {
            #expect(try client.readResponse().body.text == "/behind")
        }
        #expect(backend.requests.current.count == (first.announcesClose ? 1 : 2))
        try stop.value()
    }

    @Test("a reload moves new requests to new servers and finishes old ones on the old")
    func newServers() throws {
        let old = try ScriptedServer(Self.script)
        let new = try ScriptedServer(ScriptedServer.saying("new"))
        defer {
            old.stop()
            new.stop()
        }
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: old.url))
        let (busy, idle) = (try proxy.connect(), try proxy.connect())
        try idle.send(get("/1"))
        #expect(try idle.readResponse().body.text == "/1")
        try busy.send(get("/slow"))
        try old.waitForConnections(1)
        _ = try old.nextRequest()
        _ = try old.nextRequest()
        try proxy.reload(Stage.Settings().text(backend: new.url))
        try idle.send(get("/2"))
        #expect(try idle.readResponse().body.text == "new")
        old.release.fire()
        #expect(try busy.readResponse().body.text == "/slow")
        try busy.send(get("/3"))
        #expect(try busy.readResponse().body.text == "new")
        try old.waitUntilIdle()
        try proxy.stop()
    }

    @Test("limits and timeouts of a reload hold for connections that are open")
    func newTimeouts() throws {
        let backend = try ScriptedServer(Self.script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: backend.url))
        let client = try proxy.connect()
        try client.send(get())
        _ = try client.readResponse()
        try proxy.reload(Stage.Settings(top: "limits: { body: 3 }\n").text(backend: backend.url))
        try client.send(post(body: "four"))
        #expect(try client.readResponse().status == 413)
        try proxy.stop()
    }

    @Test("a stop that is not graceful cuts what is under way and leaves nothing")
    func atOnce() throws {
        let backend = try ScriptedServer(Self.script)
        defer { backend.stop() }
        let text = Stage.Settings(top: "shutdown_timeout: 1h\n").text(backend: backend.url)
        let proxy = try ProxyUnderTest(text)
        let client = try proxy.connect()
        try client.send(get("/slow"))
        _ = try backend.nextRequest()
        // The exchange goes on for longer than this waits.
        try Background { try proxy.stop(graceful: false) }.value()
        try client.waitForEnd()
    }
}
