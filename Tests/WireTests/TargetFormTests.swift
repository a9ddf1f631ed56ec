import GateTesting
import Testing

@Suite("Methods and forms of the target (RFC 9110 §9.3, RFC 9112 §3.2)")
struct TargetFormTests {
    @Test("OPTIONS * reaches the backend as such (RFC 9112 §3.2.4)")
    func asterisk() throws {
        try Stage.play { stage throws in
            #expect(try stage.forwarded(ask("OPTIONS", "*")).target == "*")
            #expect(try stage.forwarded("OPTIONS http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n").target == "*")
        }
    }

    @Test("the asterisk is for OPTIONS alone")
    func asteriskElsewhere() throws { try expectRefused(get("*")) }

    @Test(
        "CONNECT is refused by a reverse proxy (RFC 9110 §9.3.6)",
        arguments: ["a.example:443", "/", "http://a.example/"])
    func connect(target: String) throws {
        try Stage.play { stage throws in
            #expect(
                [400, 405, 501].contains(
                    try stage.exchange("CONNECT \(target) HTTP/1.1\r\nHost: a.example:443\r\n\r\n").status))
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("Max-Forwards of 0 ends TRACE and OPTIONS at the proxy (RFC 9110 §7.6.2)", arguments: ["TRACE", "OPTIONS"])
    func maxForwards(method: String) throws {
        try Stage.play { stage in
            let response = try stage.exchange(ask(method, "/", "Max-Forwards: 0\r\n"))
            #expect(stage.backend.requestCount == 0, "forwarded in spite of Max-Forwards: 0")
            #expect(response.status < 500 || response.status == 501)
        }
    }
}
