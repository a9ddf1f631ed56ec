// One route, several upstreams.

import GateCore
import GateTesting
import Testing

@Suite("Splits by weight")
struct TrafficSplitTests {
    private func play(_ keys: String, _ body: (Stage) throws -> Void) throws {
        let canary = try ScriptedServer(ScriptedServer.saying("canary"))
        defer { canary.stop() }
        let routes = [
            "{ split: { to: [{ proxy: backend, weight: 50 }, { proxy: '\(canary.url)', weight: 50 }], \(keys) } }"
        ]
        try Stage.play(ScriptedServer.saying("stable"), .init(routes: routes), body)
    }

    @Test("a client's choice is always the same, and clients are divided")
    func stable() throws {
        try play("by: client_address") { stage throws in
            var seen: Set<String> = []
            for last in 1...24 as ClosedRange<UInt8> {
                let address = IPAddress(127, 0, 0, last)
                let first = try stage.exchange(get(), from: address).body.text
                for _ in 1...2 { #expect(try stage.exchange(get(), from: address).body.text == first) }
                seen.insert(first)
            }
            #expect(seen == ["stable", "canary"])
        }
    }

    @Test("a field may decide, and the address when it is not there")
    func field() throws {
        try play("by: { field: X-User }") { stage throws in
            var seen: Set<String> = []
            for user in 1...24 {
                let raw = get("/", "X-User: user\(user)\r\n")
                let first = try stage.exchange(raw, from: IPAddress(127, 0, 0, 1)).body.text
                #expect(try stage.exchange(raw, from: IPAddress(127, 0, 0, 2)).body.text == first)
                seen.insert(first)
            }
            #expect(seen == ["stable", "canary"])
            let without = try stage.exchange(get()).body.text
            #expect(try stage.exchange(get()).body.text == without)
        }
    }

    @Test("a sticky cookie outweighs the key, tells no names, and is set once")
    func sticky() throws {
        try play("by: { field: X-User }, sticky: release") { stage throws in
            var marks: [String: String] = [:]
            for user in 1...24 {
                let response = try stage.exchange(get("/", "X-User: user\(user)\r\n"))
                let cookie = try #require(response["Set-Cookie"].first)
                #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Lax"))
                #expect(!cookie.contains("backend") && !cookie.contains("127"))
                marks[response.body.text] = String(cookie.prefix { $0 != ";" })
            }
            #expect(marks.count == 2)
            for (name, mark) in marks {
                for user in 1...6 {
                    let response = try stage.exchange(get("/", "X-User: user\(user)\r\nCookie: a=b; \(mark)\r\n"))
                    #expect(response.body.text == name)
                    #expect(response["Set-Cookie"] == [])
                }
            }
            // Not everybody who translates from HTTP/2 joins the cookies (RFC 9113 §8.2.3).
            let mark = try #require(marks.values.first)
            let apart = try stage.exchange(get("/", "Cookie: a=b\r\nCookie: \(mark)\r\n"))
            #expect(apart["Set-Cookie"] == [])
            let forged = try stage.exchange(get("/", "Cookie: release=nonsense\r\n"))
            #expect(forged["Set-Cookie"].count == 1)
        }
    }
}
