import GateCore
import GateTesting

/// Several backends, each of which says its number, and a proxy before them.
struct Pool {
    let proxy: ProxyUnderTest
    let backends: [ScriptedServer]

    /// Sets the scene. `settings` are further keys of each backend's server, in order.
    static func play(
        _ count: Int, upstream: String = "", top: String = "",
        settings: [String] = [], _ body: (Pool) throws -> Void
    ) throws {
        let backends = try (0..<count).map { try ScriptedServer(ScriptedServer.saying("\($0)")) }
        defer { for backend in backends { backend.stop() } }
        let servers = backends.enumerated().map { index, backend in
            index < settings.count ? "{ url: \"\(backend.url)\"\(settings[index]) }" : backend.url
        }
        let proxy = try ProxyUnderTest(
            Stage.Settings(top: top, upstream: upstream, servers: servers).text(backend: ""))
        do { try body(Pool(proxy: proxy, backends: backends)) } catch {
            try? proxy.stop()
            throw error
        }
        try proxy.stop()
    }

    /// Which backend answered; -1 when none did.
    func ask(_ request: String = get(), from local: IPAddress? = nil) throws -> Int {
        let response = try proxy.exchange(request, from: local)
        return response.status == 200 ? Int(response.body.text) ?? -1 : -1
    }

    /// How often each backend answered `count` requests on one connection.
    func tally(_ count: Int, _ request: (Int) -> String = { _ in get() }) throws -> [Int] {
        let client = try proxy.connect()
        var counts = [Int](repeating: 0, count: backends.count)
        for number in 0..<count {
            try client.send(request(number))
            counts[Int(try client.readResponse().body.text) ?? 0] += 1
        }
        return counts
    }
}
