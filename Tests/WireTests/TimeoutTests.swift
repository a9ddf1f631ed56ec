// Every timeout that has no place elsewhere: each ends what it is for, and nothing before its time.

import GateTesting
import Testing

@Suite("Timeouts")
struct TimeoutTests {
    @Test("a new connection that says nothing is closed after the head's time")
    func silent() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "timeouts: { head: 150ms }\n")) { stage in
            let watch = Stopwatch()
            let client = try stage.connect()
            try client.waitForEnd()
            #expect(watch.elapsed > .milliseconds(100))
        }
    }

    @Test("a kept connection is closed in order, without a word, when it idles")
    func idle() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "timeouts: { idle: 200ms, head: 30s }\n")) { stage in
            let client = try stage.connect()
            let watch = Stopwatch()
            try client.send(get())
            _ = try client.readResponse()
            try client.expectEnd()
            #expect(watch.elapsed > .milliseconds(150))
        }
    }

    @Test("each request starts the idle time anew")
    func idleRestarts() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "timeouts: { idle: 2s }\n")) { stage in
            let client = try stage.connect()
            for _ in 1...4 {
                try client.send(get())
                #expect(try client.readResponse().status == 200)
                #expect(try client.staysSilent(for: .milliseconds(700)))
            }
        }
    }

    @Test("the body's time is between two reads: a slow but steady upload passes")
    func steadyBody() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "timeouts: { body: 2s }\n")) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 12\r\n"))
            try client.send("0123456789ab", inPiecesOf: 1, every: .milliseconds(200))
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test("a client that takes nothing of its response is dropped after the write's time")
    func write() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            _ = try visit.connection.sendUntilStuck(limit: 1_000_000_000, quiet: .seconds(20))
        }
        let settings = Stage.Settings(top: "timeouts: { write: 200ms }\nlimits: { min_response_rate: off }\n")
        try Stage.play(script, settings) { stage in
            let client = try stage.connect(receiveBufferBytes: 4096)
            try client.send(get())
            try expectEnding("client_write_timeout", in: stage)
            try stage.backend.waitUntilIdle()
        }
    }

    @Test("a response that stalls in its body breaks off after the read's time")
    func read() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            try visit.connection.waitForEnd()
        }
        try Stage.play(script, .init(top: "timeouts: { read: 150ms }\n")) { stage in
            let client = try stage.connect()
            try client.send(get())
            #expect(throws: WireFailure.self) { try client.readResponse() }
            try expectEnding("read_timeout", in: stage)
            try stage.backend.waitUntilIdle()
        }
    }

    @Test("the read's time is between two reads: a slow but steady response passes")
    func steadyResponse() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n")
            try visit.connection.send("0123456789ab", inPiecesOf: 1, every: .milliseconds(200))
        }
        try Stage.play(script, .init(top: "timeouts: { read: 2s }\n")) { stage throws in
            #expect(try stage.exchange(get()).body.text == "0123456789ab")
        }
    }

    @Test("the time for a whole request ends it with 504 before the answer")
    func request() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.connection.waitForEnd()
        }
        let settings = Stage.Settings(top: "timeouts: { request: 200ms }\n", upstream: "retries: { attempts: 0 }")
        try Stage.play(script, settings) { stage in
            #expect(try stage.exchange(get()).status == 504)
            try expectEnding("request_timeout", in: stage)
        }
    }

    @Test("the time for a whole request breaks off an answer that drips")
    func drippingResponse() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            try visit.connection.send(String(repeating: "x", count: 500), inPiecesOf: 1, every: .milliseconds(20))
        }
        try Stage.play(script, .init(top: "timeouts: { request: 1500ms }\n")) { stage in
            #expect(throws: WireFailure.self) { try stage.exchange(get()) }
            try expectEnding("request_timeout", in: stage)
        }
    }

    @Test("a route's and an upstream's own times come before the general ones")
    func overrides() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.connection.waitForEnd()
        }
        let retries = "retries: { attempts: 0 }"
        let byUpstream = Stage.Settings(upstream: "timeouts: { first_byte: 150ms }, \(retries)")
        try Stage.play(script, byUpstream) { stage throws in #expect(try stage.exchange(get()).status == 504) }
        let byRoute = Stage.Settings(upstream: retries, route: "timeouts: { first_byte: 150ms }")
        try Stage.play(script, byRoute) { stage throws in #expect(try stage.exchange(get()).status == 504) }
    }

    @Test("a backend that takes nothing of an upload ends it")
    func stuckUpload() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.connection.waitForHangUp(within: .seconds(30))
        }
        let settings = Stage.Settings(upstream: "timeouts: { read: 200ms, write: 200ms, first_byte: 200ms }")
        try Stage.play(script, settings) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 1000000000\r\n"))
            let upload = Background { try client.sendUntilStuck(limit: 1_000_000_000, quiet: .seconds(10)) }
            #expect([502, 504].contains(try client.readResponse().status))
            client.reset()
            _ = try? upload.value()
        }
    }
}

@Suite("Minimum rates")
struct RateTests {
    @Test("an upload below the minimum rate is ended with 408")
    func upload() throws {
        let settings = Stage.Settings(top: "limits: { min_request_rate: 10KiB, rate_grace: 200ms }\n")
        try Stage.play(ScriptedServer.echo, settings) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 1000\r\n"))
            let trickle = Background {
                try? client.send(String(repeating: "x", count: 1000), inPiecesOf: 1, every: .milliseconds(10))
            }
            #expect(try client.readResponse().status == 408)
            try expectEnding("body_too_slow", in: stage)
            client.close()
            try trickle.value(within: .seconds(30))
        }
    }

    @Test("an upload above the minimum rate passes")
    func fastUpload() throws {
        let settings = Stage.Settings(top: "limits: { min_request_rate: 20, rate_grace: 1500ms }\n")
        try Stage.play(ScriptedServer.echo, settings) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 1000\r\n"))
            // For longer than the grace, so that the rate is looked at.
            try client.send(String(repeating: "x", count: 1000), inPiecesOf: 20, every: .milliseconds(40))
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test("a reader below the minimum rate is dropped")
    func download() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            _ = try visit.connection.sendUntilStuck(limit: 1_000_000_000, quiet: .seconds(20))
        }
        let settings = Stage.Settings(top: "limits: { min_response_rate: 10MiB, rate_grace: 300ms }\n")
        try Stage.play(script, settings) { stage in
            let client = try stage.connect(receiveBufferBytes: 4096)
            try client.send(get())
            try eventually("the drop", within: .seconds(20)) {
                _ = try? client.read(exactly: 100, within: .milliseconds(20))
                return stage.proxy.endings("client_too_slow") > 0
            }
        }
    }

    @Test("a backend that is slow is no slow client")
    func slowBackend() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n")
            try visit.connection.send(String(repeating: "x", count: 30), inPiecesOf: 1, every: .milliseconds(20))
        }
        let settings = Stage.Settings(
            top: "limits: { min_response_rate: 10MiB, min_request_rate: 10MiB, rate_grace: 200ms }\n")
        try Stage.play(script, settings) { stage throws in
            #expect(try stage.exchange(get()).body.bytes.count == 30)
        }
    }
}
