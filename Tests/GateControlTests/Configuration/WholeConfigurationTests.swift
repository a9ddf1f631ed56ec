import GateConfig
import GateControl
import GateCore
import Testing

@Suite("A configuration as a whole")
struct WholeConfigurationTests {
    @Test("every mistake is reported at once, in the order of the file")
    func allAtOnce() {
        let text = """
            worker: 2
            listeners:
              - address: ":80"
                backlog: none
              - address: ":80"
                timeouts: { haed: 1s, connect: 1s }
            upstreams:
              app: { servers: [ftp://x] }
            sites:
              - hosts: a.b
                routes:
                  - match: { path: x }
                    proxy: ap
              - hosts: A.B
                routes: [{ respond: ${STATUS} }]
            """
        #expect(
            findings(text.split(separator: "${STATUS}").joined(separator: "'${STATUS}'")) == [
                "t:1:1: error: unknown key `worker`; did you mean `workers`?",
                "t:4:14: error: expected a whole number from 1 to 65535, found `none`",
                "t:5:14: error: the listener address `:80` is already used at t:3:14; each may stand once",
                "t:6:17: error: unknown key `haed`; did you mean `head`?",
                "t:6:27: error: `connect` has no effect here; it belongs in `timeouts` of an upstream, a site, a route, or at the top level",
                "t:8:20: error: expected a URL such as `http://127.0.0.1:3000`, found `ftp://x`",
                "t:12:24: error: `x` does not begin with `/`; put one before it",
                "t:13:16: error: there is no upstream `ap`; did you mean `app`?",
                "t:14:12: error: the site host `a.b` is already used at t:10:12; each may stand once",
                "t:15:25: error: the environment has no variable `STATUS`; set it or write `${STATUS:-default}`",
            ])
    }

    @Test("names and addresses stand once")
    func duplicates() {
        let listeners = "listeners:\n  - { name: a, address: ':80' }\n  - { name: a, address: '[::]:80' }\n"
        #expect(
            findings(listeners) == [
                "t:3:13: error: the listener name `a` is already used at t:2:13; each may stand once",
                "t:3:25: error: the listener address `:80` is already used at t:2:25; each may stand once",
            ])
        let sites = base + "include: []\nx: 1\n"
        #expect(
            findings(sites) == [
                "t:4:1: error: unknown key `x`; a configuration has `workers`, `shutdown_timeout`, `state`, `trusted_proxies`, `include`, `listeners`, `upstreams`, `sites`, `timeouts`, `limits`, `resolver`, `acme` and `log`"
            ])
    }

    @Test("only one site may stand for any host")
    func twoDefaults() {
        let text =
            "listeners: [{ address: ':1' }]\nsites:\n  - routes: [{ respond: 200 }]\n  - routes: [{ respond: 200 }]\n"
        #expect(findings(text) == ["t:4:5: error: the site host `*` is already used at t:3:5; each may stand once"])
    }

    @Test(
        "a route that earlier ones leave nothing is a warning",
        arguments: [
            ("{ respond: 200 }", "{ match: { path: /a }, respond: 200 }", true),
            ("{ match: { path: '*' }, respond: 200 }", "{ respond: 200 }", true),
            ("{ match: { path: /a/* }, respond: 200 }", "{ match: { path: /a/b }, respond: 200 }", true),
            ("{ match: { path: /a/* }, respond: 200 }", "{ match: { path: /a/b/* }, respond: 200 }", true),
            ("{ match: { path: /a/* }, respond: 200 }", "{ match: { path: /a }, respond: 200 }", false),
            ("{ match: { path: /a }, respond: 200 }", "{ match: { path: /a }, respond: 200 }", true),
            ("{ match: { path: [/a, /b] }, respond: 200 }", "{ match: { path: [/b, /a] }, respond: 200 }", true),
            ("{ match: { path: /a }, respond: 200 }", "{ match: { path: [/a, /b] }, respond: 200 }", false),
            ("{ match: { host: a.b }, respond: 200 }", "{ respond: 200 }", false),
            ("{ match: { host: '*.b' }, respond: 200 }", "{ match: { host: a.b, path: /x }, respond: 200 }", true),
            ("{ match: { host: '*.b' }, respond: 200 }", "{ match: { host: b }, respond: 200 }", false),
            ("{ match: { path: /* }, respond: 200 }", "{ respond: 200 }", false),
        ])
    func unreachable(first: String, second: String, isWarned: Bool) {
        let text = "listeners: [{ address: ':1' }]\nsites:\n  - routes:\n      - \(first)\n      - \(second)\n"
        let outcome = ConfigurationLoader.load(text: text, name: "t")
        #expect(outcome.configuration != nil)
        let message =
            "t:5:9: warning: this route is never reached: the route on line 4 takes its requests; move this one before it"
        #expect(outcome.diagnostics.map(\.description) == (isWarned ? [message] : []))
    }

    @Test("an upstream that no route uses is a warning")
    func unused() {
        let outcome = ConfigurationLoader.load(text: base + "upstreams:\n  app: { servers: [http://a] }\n", name: "t")
        #expect(outcome.configuration?.upstreams.count == 1)
        #expect(outcome.errors == [])
        #expect(
            outcome.diagnostics.map(\.description) == [
                "t:4:3: warning: no route uses the upstream `app`; remove it or write `proxy: app`"
            ])
    }

    @Test("what the environment holds is used and never shown")
    func secrets() throws {
        let environment = ["PORT": "8080", "SECRET": "hunter2", "WORKERS": "3"]
        let text = "workers: ${WORKERS}\nlisteners: [{ address: \":${PORT}\" }]\n"
        let read = try configuration(text, environment: environment)
        #expect(read.workers == 3)
        #expect(read.listeners[0].address.port == 8080)
        for key in ["workers", "shutdown_timeout", "trusted_proxies", "timeouts", "log", "sites", "upstreams"] {
            let found = findings(base + "\(key): ${SECRET}\n", environment: environment)
            #expect(!found.isEmpty)
            #expect(!found.contains { $0.contains("hunter2") }, "\(found)")
        }
        let everywhere = """
            listeners: [{ address: "${SECRET}", protocols: ["${SECRET}"], mode: "${SECRET}" }]
            upstreams: { app: { servers: ["${SECRET}", "http://${SECRET}/x"], balance: "${SECRET}" } }
            sites:
              - hosts: "${SECRET}:80"
                routes:
                  - { proxy: "${SECRET}" }
                  - { match: { path: "${SECRET}" }, redirect: "${SECRET}" }
                  - { match: { path: "/${SECRET}//" }, respond: { fields: { Date: "${SECRET}" } } }
            log: { access: { template: "{${SECRET}}", output: "${SECRET}" }, error: { level: "${SECRET}" } }
            """
        let found = findings(everywhere, environment: environment)
        #expect(found.count >= 12)
        #expect(!found.contains { $0.contains("hunter2") }, "\(found)")
    }

    @Test("a file that cannot be read has no configuration and one error")
    func missing() {
        let outcome = ConfigurationLoader.load(file: "/nowhere/gatehouse.yaml", environment: [:])
        #expect(outcome.configuration == nil)
        #expect(
            outcome.diagnostics.map(\.description) == [
                "/nowhere/gatehouse.yaml:1:1: error: cannot read `/nowhere/gatehouse.yaml`: there is no such file"
            ])
    }

    @Test("settings are inherited from the top through listener or upstream, site and route")
    func inheritance() throws {
        let text = """
            timeouts: { head: 1s, body: 2s, write: 3s, connect: 4s, read: 5s }
            limits: { head: 1KiB, body: 10, connections: 100, min_request_rate: 1 }
            listeners: [{ address: ":1", timeouts: { body: 20s, idle: 21s }, limits: { head: 2KiB } }]
            upstreams: { app: { servers: [http://a], timeouts: { write: 30s, connect: 31s }, limits: { response_head: 1KiB } } }
            sites:
              - timeouts: { body: 40s, connect: 41s }
                limits: { body: 20, min_request_rate: off }
                routes:
                  - { proxy: app, timeouts: { connect: 50s, request: 51s }, limits: { body: off } }
            """
        let read = try configuration(text)
        let (listener, upstream, site) = (read.listeners[0], read.upstreams[0], read.sites[0])
        let early = read.clientTimeouts(listener)
        #expect([early.headMs, early.bodyMs, early.idleMs, early.writeMs] == [1000, 20_000, 21_000, 3000])
        let client = read.clientTimeouts(listener, site, site.routes[0])
        #expect([client.bodyMs, client.writeMs, client.requestMs] == [40_000, 3000, 51_000])
        let server = read.serverTimeouts(upstream, site, site.routes[0])
        #expect(
            [server.writeMs, server.connectMs, server.readMs, server.firstByteMs] == [30_000, 50_000, 5000, 60_000])
        #expect(read.serverTimeouts(upstream).connectMs == 31_000)
        let limits = read.clientLimits(listener, site, site.routes[0])
        #expect([limits.headBytesMax, limits.bodyBytesMax, limits.requestRateMin] == [2048, .max, 0])
        #expect(read.clientLimits(listener, site).bodyBytesMax == 20)
        #expect(limits.connectionsMax == .max)
        #expect(read.limits.connectionsMax == 100)
        #expect(read.serverLimits(upstream).responseHeadBytesMax == 1024)
    }

    @Test("ten thousand routes are read in time")
    func many() throws {
        var text = "listeners: [{ address: ':1' }]\nsites:\n  - routes:\n"
        for number in 0..<10_000 { text += "      - { match: { path: /p\(number)/* }, respond: 200 }\n" }
        #expect(try configuration(text).sites[0].routes.count == 10_000)
    }
}
