import GateCore
import Testing

@testable import GateProxy

@Suite("Hosts and paths find their routes")
struct RoutingTests {
    private func site(_ host: String, _ sites: [[HostPattern]]) -> Int? {
        let bytes = Array(host.utf8)
        return HostTable(sites).site(bytes.span)
    }

    private func route(_ path: String, _ routes: [[PathPattern]], where accepts: (Int) -> Bool = { _ in true }) -> Int?
    {
        let bytes = Array(path.utf8)
        return PathTable(routes).first(bytes.span, where: accepts)
    }

    @Test("an exact host beats a longer suffix, that a shorter one, that the site without hosts")
    func hosts() {
        let sites: [[HostPattern]] = [
            [], [.suffix("example.com")], [.suffix("a.example.com")], [.exact("x.a.example.com")],
        ]
        #expect(site("x.a.example.com", sites) == 3)
        #expect(site("y.a.example.com", sites) == 2)
        #expect(site("deep.y.a.example.com", sites) == 2)
        #expect(site("b.example.com", sites) == 1)
        #expect(site("example.com", sites) == 0)
        #expect(site("", sites) == 0)
    }

    @Test("without a fallback an unknown host has no site")
    func noFallback() {
        #expect(site("other", [[.exact("one")]]) == nil)
    }

    @Test(
        "the first route in file order wins, whatever its kind",
        arguments: [("/a/b", 0), ("/a", 0), ("/exact", 1), ("/exact/", 2), ("/pre", 3), ("/prefix", 3), ("/z", 4)])
    func order(_ path: String, _ expected: Int) {
        let routes: [[PathPattern]] = [
            [.prefix("/a/")], [.exact("/exact")], [.prefix("/exact/"), .exact("/a/b")], [.prefix("/pre")], [.any],
        ]
        #expect(route(path, routes) == expected)
    }

    @Test("a route that does not take the request makes room for the next")
    func refusing() {
        #expect(route("/a", [[.any], [.exact("/a")], [.any]]) { $0 != 0 } == 1)
        #expect(route("/a", [[.any]]) { _ in false } == nil)
    }

    @Test("the tables agree with a plain search over 10,000 random routes")
    func model() {
        var generator = SystemRandomNumberGenerator()
        let words = ["a", "b", "ab", "api", "v1", "v2", "x"]
        func path() -> String {
            "/"
                + (0..<Int.random(in: 0...4, using: &generator)).map { _ in words.randomElement()! }.joined(
                    separator: "/")
        }
        let routes: [[PathPattern]] = (0..<10_000).map { index in
            index % 2 == 0 ? [.exact(path() + "\(index / 40)")] : [.prefix(path() + "\(index / 40)/")]
        }
        let table = PathTable(routes)
        for _ in 0..<500 {
            let number = Int.random(in: 0..<250, using: &generator)
            let wanted = path() + "\(number)" + ["", "/", "/rest"].randomElement()!
            let plain = routes.firstIndex { patterns in
                patterns.contains { pattern in
                    switch pattern {
                    case .any: true
                    case .exact(let path): path == wanted
                    case .prefix(let prefix): wanted.hasPrefix(prefix) || wanted + "/" == prefix
                    }
                }
            }
            let bytes = Array(wanted.utf8)
            #expect(table.first(bytes.span, where: { _ in true }) == plain, "path \(wanted)")
        }
    }
}
