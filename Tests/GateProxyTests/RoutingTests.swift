import GateCore
import GatePattern
import Testing

@testable import GateProxy

@Suite("Hosts and paths find their routes")
struct RoutingTests {
    private let bench = Bench()

    private func site(_ host: String, _ sites: [[HostPattern]]) -> Int? {
        let bytes = Array(host.utf8)
        if case .site(let index) = HostTable(sites).site(bytes.span, bench) { return index }
        return nil
    }

    private func route(_ path: String, _ routes: [[PathPattern]], where accepts: (Int) -> Bool = { _ in true }) -> Int?
    {
        let bytes = Array(path.utf8)
        return PathTable(routes).first(bytes.span, nil, bench, where: accepts)
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

    @Test("a pattern comes behind every name and before the site without hosts, the first in the file first")
    func hostPatterns() throws {
        let sites: [[HostPattern]] = [
            [], [.pattern(try Pattern("^app[0-9]+\\."))], [.pattern(try Pattern("example"))],
            [.exact("app1.example.com")],
            [.suffix("example.org")],
        ]
        #expect(site("app1.example.com", sites) == 3)
        #expect(site("app2.example.com", sites) == 1)
        #expect(site("app2.example.org", sites) == 4)
        #expect(site("www.example.com", sites) == 2)
        #expect(site("other", sites) == 0)
    }

    @Test("a host's pattern that takes too long is no answer")
    func undecidedHost() throws {
        let table = HostTable([[], [.pattern(try Pattern("^(a+)+$"))]])
        let bytes = Array((String(repeating: "a", count: 60) + "!").utf8)
        let found = table.site(bytes.span, bench)
        #expect(found == .undecided(1))
    }

    @Test("routes with patterns and globs are found by their literal beginning, and asked in file order")
    func literalBeginnings() throws {
        let routes: [[PathPattern]] = [
            [.pattern(try Pattern("^/u/[0-9]+$"))], [.glob(PathGlob("/u/*.png"))], [.prefix("/u/")],
            [.pattern(try Pattern("php$"))], [.glob(PathGlob("/d/**"))], [.pattern(try Pattern("^/ux"))], [.any],
        ]
        func asked(_ path: String) -> [Int] {
            var result: [Int] = []
            let bytes = Array(path.utf8)
            _ = PathTable(routes).first(bytes.span, nil, bench) { index in
                result.append(index)
                return false
            }
            return result
        }
        #expect(asked("/u/1") == [0, 1, 2, 3, 6])
        #expect(asked("/d") == [3, 4, 6])
        #expect(asked("/d/e") == [3, 4, 6])
        #expect(asked("/uxx") == [3, 5, 6])
        #expect(asked("/x") == [3, 6])
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

    @Test(
        "of 10,000 routes only those are asked whose path may fit",
        arguments: ["/p77/x", "/e77", "/g77/x.png", "/u77/1", "/none"])
    func fewAreAsked(_ path: String) throws {
        var routes: [[PathPattern]] = []
        for number in 0..<2500 {
            routes.append([.prefix("/p\(number)/")])
            routes.append([.exact("/e\(number)")])
            routes.append([.glob(PathGlob("/g\(number)/*.png"))])
            routes.append([.pattern(try Pattern("^/u\(number)/[0-9]+$"))])
        }
        routes.append([.any])
        var asked = 0
        let bytes = Array(path.utf8)
        _ = PathTable(routes).first(bytes.span, nil, bench) { _ in
            asked += 1
            return false
        }
        #expect(asked <= 2)
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
                    case .glob, .pattern: false
                    }
                }
            }
            let bytes = Array(wanted.utf8)
            #expect(table.first(bytes.span, nil, bench, where: { _ in true }) == plain, "path \(wanted)")
        }
    }
}
