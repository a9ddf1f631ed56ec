// DESIGN "Client address": backends learn who asks, and only trusted peers have a say in it.

import GateCore
import GateTesting
import Testing

@Suite("Client address (X-Forwarded-*, RFC 7239)")
struct ClientAddressTests {
    private static let forged =
        "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n"
        + "X-Forwarded-Port: 666\r\nForwarded: for=6.6.6.6;host=evil.example\r\nX-Real-IP: 6.6.6.6\r\n"
    private static let trusting = Stage.Settings(top: "trusted_proxies: [\"127.0.0.0/8\"]\n")

    @Test("an untrusted client's forwarding fields are replaced by what is true")
    func replaced() throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded(get("/", Self.forged), from: IPAddress(127, 0, 0, 9))
            #expect(arrived["X-Forwarded-For"] == ["127.0.0.9"])
            #expect(arrived["X-Forwarded-Proto"] == ["http"])
            #expect(arrived["X-Forwarded-Host"] == ["a.example"])
            #expect(arrived["X-Forwarded-Port"] == ["\(try #require(try stage.proxy.address().port))"])
            #expect(!arrived.head.text.contains("6.6.6.6"))
            #expect(!arrived.head.text.contains("evil.example"))
        }
    }

    @Test("they are there without being asked for")
    func made() throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded(get(), from: IPAddress(127, 0, 0, 7))
            #expect(arrived["X-Forwarded-For"] == ["127.0.0.7"])
            #expect(arrived["X-Forwarded-Proto"] == ["http"])
            #expect(arrived["X-Forwarded-Host"] == ["a.example"])
        }
    }

    @Test("a trusted proxy's chain is kept and its own address appended")
    func appended() throws {
        try Stage.play(ScriptedServer.echo, Self.trusting) { stage in
            let arrived = try stage.forwarded(get("/", Self.forged), from: IPAddress(127, 0, 0, 9))
            #expect(arrived["X-Forwarded-For"].joined(separator: ", ") == "6.6.6.6, 7.7.7.7, 127.0.0.9")
            #expect(arrived["X-Forwarded-Proto"] == ["https"])
            #expect(arrived["X-Forwarded-Host"] == ["evil.example"])
            #expect(arrived["X-Forwarded-Port"] == ["666"])
            let forwarded = arrived["Forwarded"].joined(separator: ", ")
            #expect(forwarded.hasPrefix("for=6.6.6.6;host=evil.example"))
            #expect(forwarded.contains("for=127.0.0.9"))
        }
    }

    @Test("what a trusted proxy leaves out is made")
    func trustedWithout() throws {
        try Stage.play(ScriptedServer.echo, Self.trusting) { stage in
            let arrived = try stage.forwarded(get("/", "X-Forwarded-For: 6.6.6.6\r\n"))
            #expect(arrived["X-Forwarded-For"].joined(separator: ", ") == "6.6.6.6, 127.0.0.1")
            #expect(arrived["X-Forwarded-Proto"] == ["http"])
            #expect(arrived["X-Forwarded-Host"] == ["a.example"])
        }
    }

    @Test("trust is by address: its neighbour is not trusted")
    func neighbour() throws {
        let settings = Stage.Settings(top: "trusted_proxies: [127.0.0.8/31]\n")
        try Stage.play(ScriptedServer.echo, settings) { stage in
            let trusted = try stage.forwarded(get("/", "X-Forwarded-For: 6.6.6.6\r\n"), from: IPAddress(127, 0, 0, 9))
            #expect(trusted["X-Forwarded-For"].joined(separator: ", ") == "6.6.6.6, 127.0.0.9")
            let stranger = try stage.forwarded(get("/", "X-Forwarded-For: 6.6.6.6\r\n"), from: IPAddress(127, 0, 0, 10))
            #expect(stranger["X-Forwarded-For"] == ["127.0.0.10"])
        }
    }

    @Test("names written with an underscore do not pass for them")
    func underscores() throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded(get("/", "X_Forwarded_For: 6.6.6.6\r\nX-Forwarded_For: 6.6.6.6\r\n"))
            #expect(!arrived.head.text.contains("6.6.6.6"))
        }
    }

    @Test("a Forwarded field is well formed for IPv6 (RFC 7239 §6)")
    func forwardedIPv6() throws {
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: backend.url, listen: "[::1]:0"))
        _ = try proxy.exchange(get())
        let arrived = try backend.nextRequest()
        #expect(arrived["X-Forwarded-For"] == ["::1"])
        if let forwarded = arrived["Forwarded"].first { #expect(forwarded.contains("for=\"[::1]")) }
        try proxy.stop()
    }
}
