// Health checks in what is spoken to the servers.

import GateProxy
import GateTesting
import Gatehouse
import Testing

@Suite("Health checks over HTTP/2")
struct HTTP2ServerCheckTests {
    /// Answers checks with this status and body.
    private static func script(_ status: Int, body: String = "") -> ScriptedServer.Script {
        ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() {
                let isCheck = request["user-agent"] == ["gatehouse-health"]
                try visit.respond(request.stream, isCheck ? status : 200, body: isCheck ? body : request.path)
            }
        }
    }

    private func upstream(_ more: String = "") -> String {
        "protocol: h2, health: { path: /healthz, interval: 100ms, fall: 1, initial: down\(more) }, panic_below: off"
    }

    @Test("a server with HTTP/2 is asked over HTTP/2, and is up when it answers well")
    func up() throws {
        try Stage.play(Self.script(204), .init(upstream: upstream())) { stage in
            try eventually("the server to be up") { try stage.exchange(get("/x")).body.text == "/x" }
        }
    }

    @Test("a body is looked through")
    func body() throws {
        let health = upstream(", body: fine")
        try Stage.play(Self.script(200, body: "all is fine here"), .init(upstream: health)) { stage in
            try eventually("the server to be up") { try stage.exchange(get("/x")).status == 200 }
        }
    }

    @Test("a bad answer, and what is no HTTP/2, keep it down")
    func down() throws {
        let reasons = [
            (Self.script(500), "GET /healthz answered 500, expected 200-399"),
            (
                ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                "GET /healthz: the server does not"
            ),
        ]
        for (script, reason) in reasons {
            let health = "health: { path: /healthz, interval: 100ms, fall: 1 }"
            try Stage.play(script, .init(upstream: "protocol: h2, panic_below: off, \(health)")) { stage in
                try eventually("a verdict, has \(stage.proxy.proxy.servers())") {
                    stage.proxy.proxy.servers().allSatisfy { $0.health == .down && $0.reason.hasPrefix(reason) }
                }
                #expect(try stage.exchange(get()).status == 503)
            }
        }
    }
}
