// DESIGN "Redirect and cookie mapping": what points at the backend is made to point at the public side.

import GateTesting
import Testing

@Suite("Location, Refresh and Set-Cookie are mapped back (RFC 9110 §10.2.2, RFC 6265 §4.1.2)")
struct MappingTests {
    /// Answers every request with `field`, in which `HERE` stands for the backend's own authority.
    private static func answering(_ field: String) -> ScriptedServer.Script {
        ScriptedServer.serving { visit, _ in
            let authority = visit.server.url.dropFirst("http://".count)
            let line = replace("HERE", by: authority, in: field)
            try visit.respond("302 Found", fields: "\(line)\r\n")
        }
    }

    @Test(
        "a URL of the backend becomes one of the client's side, others stay",
        arguments: [
            ("Location: http://HERE/x?y#z", "http://a.example/x?y#z"), ("Location: http://HERE", "http://a.example"),
            ("Content-Location: http://HERE/x", "http://a.example/x"),
            ("Refresh: 5; url=http://HERE/x", "5; url=http://a.example/x"),
            ("Location: /x", "/x"), ("Location: x/y", "x/y"),
            ("Location: http://other.example/x", "http://other.example/x"),
            ("Location: http://HERE.other.example/x", nil), ("Location: https://other.example/?u=http://HERE/", nil),
        ])
    func urls(field: String, mapped: String?) throws {
        try Stage.play(Self.answering(field)) { stage in
            let name = String(field.prefix { $0 != ":" })
            let value = try #require(try stage.exchange(get()).head.only(name))
            let authority = stage.backend.url.dropFirst("http://".count)
            let sent = replace("HERE", by: authority, in: field.dropFirst(name.count + 2))
            #expect(value == mapped ?? sent)
        }
    }

    @Test(
        "a cookie's domain is mapped when it is the backend's own",
        arguments: [
            ("a=1; Domain=127.0.0.1; Path=/", "a=1; Domain=a.example; Path=/"), ("a=1; Path=/", "a=1; Path=/"),
            ("a=1; Domain=other.example", "a=1; Domain=other.example"),
        ])
    func cookies(sent: String, mapped: String) throws {
        try Stage.play(Self.answering("Set-Cookie: \(sent)")) { stage throws in
            #expect(try stage.exchange(get())["Set-Cookie"] == [mapped])
        }
    }

    @Test("cookies keep their order, mapped or not")
    func order() throws {
        let cookies = ["a=1; Domain=127.0.0.1", "b=2", "c=3; Domain=127.0.0.1", "d=4"]
        let fields = cookies.map { "Set-Cookie: \($0)\r\n" }.joined()
        try Stage.play(ScriptedServer.answering(answer("200 OK", fields, body: "ok"))) { stage in
            let names = try stage.exchange(get())["Set-Cookie"].map { $0.prefix(1) }
            #expect(names == ["a", "b", "c", "d"])
        }
    }
}

private func replace(_ placeholder: String, by value: some StringProtocol, in text: some StringProtocol) -> String {
    text.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: String(value))
}
