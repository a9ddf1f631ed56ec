// "Errors to the client": a small body in the form that was asked for, and nothing about what stands behind.

import GateTesting
import Testing

@Suite("Error bodies (RFC 9110 §12.5.1, §15)")
struct ErrorBodyTests {
    @Test(
        "the form follows Accept",
        arguments: [
            ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"), ("application/json", "application/json"),
            ("text/plain", "text/plain"), ("application/problem+json, application/json", "json"),
            ("text/html;q=0.1, application/json", "application/json"), ("image/png", "text/plain"),
            ("text/html;q=0, */*", "text/plain"),
        ])
    func form(accept: String, type: String) throws {
        try Stage.play(ScriptedServer.echo, Self.dead()) { stage in
            let response = try stage.exchange(get("/", "Accept: \(accept)\r\n"))
            #expect(response.status == 503)
            #expect(
                response.head.only("Content-Type")?.contains(type) == true, "\(response["Content-Type"]) for \(accept)")
            #expect(response.body.text.contains("503"))
            if type.contains("json") { #expect(response.body.text.hasPrefix("{")) }
            if type == "text/html" { #expect(response.body.text.lowercased().contains("<html")) }
        }
    }

    @Test("the body is small and has a known length")
    func small() throws {
        try Stage.play(ScriptedServer.echo, Self.dead()) { stage in
            let response = try stage.exchange(get("/", "Accept: text/html\r\n"))
            #expect(response.body.framing == .length(response.body.bytes.count))
            #expect(response.body.bytes.count < 1024)
        }
    }

    @Test("nothing names software, version or backend", arguments: ["text/html", "application/json", "*/*"])
    func nameless(accept: String) throws {
        let refusing = try RefusingPort()
        try Stage.play(ScriptedServer.echo, .init(servers: [refusing.url])) { stage in
            for raw in [get("/", "Accept: \(accept)\r\n"), get("/%2F", "Accept: \(accept)\r\n"), "nonsense\r\n\r\n"] {
                let text = try stage.exchange(raw).description.lowercased()
                for name in [
                    "gatehouse", "swift", "nginx", "127.0.0.1", "\(refusing.port)", "errno", "refused", "upstream",
                    "backend",
                ] {
                    #expect(!text.contains(name), "\(name) in \(text)")
                }
            }
        }
    }

    @Test("what the client sent does not come back in the body")
    func noReflection() throws {
        try Stage.play(ScriptedServer.echo, Self.dead()) { stage throws in
            let raw = get("/<script>alert(1)</script>", "Accept: text/html\r\nX: <script>\r\n")
            #expect(!(try stage.exchange(raw)).body.text.contains("script"))
        }
    }

    @Test("errors are not to be stored (RFC 9111 §5.2.2.5) and have a date (RFC 9110 §6.6.1)")
    func fields() throws {
        try Stage.play(ScriptedServer.echo, Self.dead()) { stage in
            let response = try stage.exchange(get())
            #expect(response.head.has("Date"))
            #expect(response.head.lists("no-store", in: "Cache-Control"))
        }
    }

    private static func dead() -> Stage.Settings {
        // Port 1 of the loopback: nobody listens there.
        Stage.Settings(servers: ["http://127.0.0.1:1"])
    }
}
