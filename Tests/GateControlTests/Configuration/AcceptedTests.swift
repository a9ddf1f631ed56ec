import GateConfig
import GateControl
import GateCore
import Testing

@Suite("Configuration keys that are accepted")
struct AcceptedTests {
    @Test("a small file has every default")
    func defaults() throws {
        let read = try configuration(base)
        let made = Configuration(
            listeners: [.init(address: .ip(.any, port: 1))],
            sites: [.init(routes: [.init(action: .respond(.init()))])])
        #expect(read == made)
        #expect(read.workers == nil)
        #expect(read.shutdownTimeoutMs == 30_000)
        #expect(read.timeouts == Configuration.Timeouts())
        #expect(read.limits.bodyBytesMax == Configuration.unlimited)
        #expect(read.log.access == Configuration.AccessLog(format: .json, output: .stdout, bufferBytes: 65_536))
    }

    @Test("at the top level")
    func top() throws {
        let read = try configuration(
            base + "workers: 3\nshutdown_timeout: 1m\ntrusted_proxies: [10.0.0.0/8, '::1']\nx-any: [1, { a: b }]\n")
        #expect(read.workers == 3)
        #expect(read.shutdownTimeoutMs == 60_000)
        #expect(read.trustedProxies.contains(IPAddress(10, 1, 2, 3)))
        #expect(read.trustedProxies.contains(.loopback))
    }

    @Test(
        "a Unix socket has a file mode",
        arguments: [("'0600'", 0o600), ("660", 0o660), ("'0777'", 0o777), ("'000'", 0)])
    func unixMode(written: String, mode: Int) throws {
        let read = try listener("address: 'unix:/run/a.sock', mode: \(written)")
        #expect(read.address == .unix(path: "/run/a.sock"))
        #expect(read.unixMode == mode)
    }

    @Test("two listeners may ask for any free port")
    func freePorts() throws {
        #expect(
            try configuration("listeners: [{ address: '127.0.0.1:0' }, { address: '127.0.0.1:0' }]\n").listeners.count
                == 2)
    }

    @Test("of a site")
    func sites() throws {
        let text = """
            listeners: [{ address: ":1" }]
            sites:
              - name: main
                hosts: [Example.COM, "*.example.com", 192.0.2.1, "[0::1]"]
                timeouts: { body: 1s, write: 2s, connect: 3s, first_byte: 4s, read: 5s, tunnel: 6s, request: 7s }
                limits: { body: 1MiB, min_request_rate: 1, min_response_rate: 2, rate_grace: 3s }
                routes: [{ respond: 204 }]
              - hosts: other.example
                routes: [{ respond: 404 }]
              - routes: [{ respond: 421 }]
            """
        let sites = try configuration(text).sites
        #expect(sites[0].name == "main")
        #expect(
            sites[0].hosts == [.exact("example.com"), .suffix("example.com"), .exact("192.0.2.1"), .exact("[::1]")])
        #expect(sites[0].timeouts.requestMs == 7000)
        #expect(
            sites[0].limits == .init(bodyBytesMax: 1 << 20, requestRateMin: 1, responseRateMin: 2, rateGraceMs: 3000))
        #expect(sites[1].hosts == [.exact("other.example")])
        #expect(sites[2].hosts == [])
    }

    @Test(
        "paths are held in the form that routing sees",
        arguments: [
            ("/a b", "/a%20b"), ("/%7Euser", "/~user"), ("/caf\u{e9}", "/caf%C3%A9"), ("/%c3%a9/*", "/%C3%A9/*"),
            ("/a+b;c=d", "/a+b;c=d"), ("/*", "/*"),
        ])
    func paths(written: String, held: String) throws {
        #expect(try route("match: { path: '\(written)' }, respond: 200").match.paths.map(\.description) == [held])
    }

    @Test("a bare URL makes one upstream of its own for all routes that name it")
    func anonymous() throws {
        let text = """
            listeners: [{ address: ":1" }]
            upstreams: { app: { servers: [http://a:1] } }
            sites:
              - routes:
                  - { match: { path: /a }, proxy: http://127.0.0.1:3000 }
                  - { match: { path: /b }, proxy: { to: "http://127.0.0.1:3000/" } }
                  - { match: { path: /c }, proxy: app }
                  - { proxy: http://Localhost }
            """
        let read = try configuration(text)
        #expect(read.upstreams.map(\.name) == ["app", "http://127.0.0.1:3000", "http://localhost:80"])
        #expect(read.upstreams.map(\.isAnonymous) == [false, true, true])
        #expect(read.upstreams[1] == Configuration.Upstream(server: .socket(.ip(.loopbackIPv4, port: 3000))))
        #expect(read.upstream(named: "app")?.servers.count == 1)
    }

    @Test("routes, sites, upstreams, servers and listeners know where they were written")
    func origins() throws {
        let text = """
            listeners:
              - address: ":1"
            upstreams:
              app: { servers: [http://a:1, { url: "http://b:1" }] }
            sites:
              - routes:
                  - proxy: app
            """
        let read = try configuration(text)
        #expect(read.listeners[0].origin.description == "t:2:5")
        #expect(read.upstreams[0].origin.description == "t:4:3")
        #expect(read.upstreams[0].servers.map(\.origin.description) == ["t:4:20", "t:4:32"])
        #expect(read.sites[0].origin.description == "t:6:5")
        #expect(read.sites[0].routes[0].origin.description == "t:7:9")
    }

    @Test("a configuration that only moved to other lines is the same")
    func moved() throws {
        #expect(try configuration(base) == configuration("\n\n# comment\n" + base))
    }
}
