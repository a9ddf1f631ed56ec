// Names that are not public, as a user meets them: run, trust, connect.

import GateCore
import GateTesting
import Glibc
import Testing

@Suite("The internal authority, end to end", .enabled(if: Peer.curl.mayRun, "needs Debian's curl"))
struct InternalAuthorityTests {
    private static let configuration = """
        listeners: [{ address: "127.0.0.1:0", tls: auto }]
        log: { access: off }
        sites:
          - hosts: [localhost, app.internal, "127.0.0.1"]
            routes: [{ respond: { status: 200, body: "it is me\\n" } }]

        """

    /// The body that curl gets; nil when it does not trust who answers.
    private func get(_ url: String, _ options: [String]) throws -> String? {
        let result = try runProgram("curl", ["--silent", "--noproxy", "*"] + options + [url])
        guard result.status == 0 || result.status == 60 else {
            throw SystemFailure("curl \(url): \(result.errors)", result.status)
        }
        return result.status == 0 ? result.output : nil
    }

    @Test("who trusts the printed root trusts the proxy, by name and by address, also after a restart")
    func trust() throws {
        let directory = try TemporaryDirectory()
        let state = directory.file("state")
        var root = ""
        for _ in 0..<2 {
            let gatehouse = try GatehouseProcess(Self.configuration, environment: ["STATE_DIRECTORY": state])
            let printed = try GatehouseBinary.run(["trust", "--state", state])
            #expect(printed.status == 0)
            if root.isEmpty { root = printed.output }
            #expect(printed.output == root)
            let trusted = try directory.write("root.pem", root)
            let port = try #require(gatehouse.addresses[0].port)
            #expect(try get("https://localhost:\(port)/", ["--cacert", trusted]) == "it is me\n")
            #expect(try get("https://127.0.0.1:\(port)/", ["--cacert", trusted]) == "it is me\n")
            let resolve = ["--resolve", "app.internal:\(port):127.0.0.1"]
            #expect(try get("https://app.internal:\(port)/", ["--cacert", trusted] + resolve) == "it is me\n")
            #expect(try get("https://localhost:\(port)/", []) == nil)
        }
    }

    @Test("trust without a place for state says how to name one")
    func nowhere() throws {
        let result = try GatehouseBinary.run(
            ["trust", "--config", "/nowhere.yaml"],
            environment: ["STATE_DIRECTORY": "", "XDG_STATE_HOME": "", "HOME": ""])
        #expect(result.status != 0)
        #expect(result.errors.contains("--state"))
    }

    @Test("trust ends with a word about a folder that cannot be made, and about a root that is damaged")
    func trouble() throws {
        let directory = try TemporaryDirectory()
        let link = directory.file("lib")
        #expect(symlink("/not-mounted", link) == 0)
        let nowhere = try GatehouseBinary.run(["trust", "--state", "\(link)/gatehouse"])
        #expect(nowhere.status == 1)
        #expect(nowhere.errors.contains("`\(link)` is a link to `/not-mounted`, which is not there"))
        let state = directory.file("state")
        #expect(try GatehouseBinary.run(["trust", "--state", state]).status == 0)
        try writeFile("\(state)/authority/root.pem", "junk\n")
        let damaged = try GatehouseBinary.run(["trust", "--state", state])
        #expect(damaged.status == 1)
        #expect(damaged.output.isEmpty)
        #expect(damaged.errors.contains("\(state)/authority/root.pem cannot be read"))
        #expect(textOfFile("\(state)/authority/root.pem") == "junk\n")
    }

    @Test("check refuses what clients would refuse, with the place; run goes on with what has only expired")
    func check() throws {
        let directory = try TemporaryDirectory()
        try TestAuthority(intermediate: true).expired("example.com").write(to: directory, as: "site")
        let path = try directory.write(
            "gatehouse.yaml",
            """
            listeners:
              - address: "127.0.0.1:0"
                tls: { certificates: [{ chain: site.pem, key: site.key }] }
            sites: [{ tls: off, routes: [{ respond: 200 }] }]

            """)
        let check = try GatehouseBinary.run(["check", "--config", path])
        #expect(check.status == 1)
        #expect(check.errors.hasPrefix("\(path):3:36: error: `site.pem` has expired"))
        #expect(try GatehouseBinary.run(["check", "--lenient", "--config", path]).status == 0)
        let run = try GatehouseBinary.start(["run", "--config", path])
        try run.waitForText("listening on")
        try run.waitForText("\(path):3:36: warning: `site.pem` has expired")
        run.stop()
        try directory.write("site.key", "")
        let refused = try GatehouseBinary.run(["run", "--config", path])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("\(path):3:51: error: `site.key` has no private key"))
    }
}
