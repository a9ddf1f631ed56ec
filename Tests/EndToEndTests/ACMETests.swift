// Certificates by themselves: the proxy, Pebble, and curl, which believes nobody but Pebble's root.

import GateCore
import GateTesting
import Testing

@Suite(
    "Certificates by themselves, with Pebble",
    .enabled(if: Peer.pebble.mayRun && Peer.curl.mayRun, "needs pebble and curl"))
struct ACMETests {
    private let folder: TemporaryDirectory
    private let (httpPort, tlsPort): (UInt16, UInt16)

    init() throws {
        folder = try TemporaryDirectory()
        (httpPort, tlsPort) = (try takeFreePort(), try takeFreePort())
    }

    private func pebble() throws -> Pebble {
        var options = Pebble.Options()
        (options.httpPort, options.tlsPort) = (httpPort, tlsPort)
        let pebble = try Pebble(options)
        try folder.write("trusted.pem", pebble.trustedPEM)
        return pebble
    }

    private func configuration(
        _ pebble: Pebble, _ challenge: String = "http-01", hosts: String = "[one.example.com]", more: String = ""
    ) -> String {
        """
        state: \(folder.file("state"))
        acme:
          authorities: [{ directory: "\(pebble.directory)", trusted: "\(folder.file("trusted.pem"))" }]
          challenges: [\(challenge)]
        \(more)
        listeners:
          - { name: clear, address: "127.0.0.1:\(httpPort)", redirect_to_https: true }
          - { name: main, address: "127.0.0.1:\(tlsPort)", tls: auto }
        sites:
          - hosts: \(hosts)
            routes: [{ respond: { status: 200, body: ok } }]

        """
    }

    /// The serial number of the certificate for a name that curl believes; nil when there is none.
    private func serial(_ name: String, _ rootPEM: String) throws -> String? {
        let root = try folder.write("root.pem", rootPEM)
        let result = try runProgram(
            "curl",
            [
                "--silent", "--show-error", "--noproxy", "*", "--cacert", root, "--resolve",
                "\(name):\(tlsPort):127.0.0.1", "--write-out", "\n%{certs}", "https://\(name):\(tlsPort)/",
            ])
        guard result.status == 0, result.output.hasPrefix("ok\n") else { return nil }
        return result.output.split(separator: "\n").first { $0.hasPrefix("Serial Number:") }.map(String.init)
    }

    private func awaitSerial(_ name: String, _ pebble: Pebble, _ proxy: ProxyUnderTest) throws -> String {
        let root = try pebble.issuingRootPEM()
        return try awaitValue("a certificate for \(name); pebble: \(pebble.output)", within: Deadline.long) {
            try serial(name, root)
        }
    }

    @Test("a site gets its certificate by a challenge, and a restart keeps it", arguments: ["http-01", "tls-alpn-01"])
    func challenges(_ challenge: String) throws {
        let pebble = try pebble()
        let first = try ProxyUnderTest(configuration(pebble, challenge))
        let serial = try awaitSerial("one.example.com", pebble, first)
        try first.stop()
        let root = try pebble.issuingRootPEM()
        pebble.stop()
        // The authority is gone: what is there now was stored, and is there from the first moment.
        let second = try ProxyUnderTest(configuration(pebble, challenge))
        #expect(try self.serial("one.example.com", root) == serial)
        try second.stop()
    }

    @Test("a reload that adds a name gets a certificate for it, and the others keep theirs")
    func reload() throws {
        let pebble = try pebble()
        let proxy = try ProxyUnderTest(configuration(pebble))
        let serial = try awaitSerial("one.example.com", pebble, proxy)
        let second = """
              - hosts: [two.example.com]
                routes: [{ respond: { status: 200, body: ok } }]

            """
        try proxy.reload(configuration(pebble) + second)
        _ = try awaitSerial("two.example.com", pebble, proxy)
        #expect(try awaitSerial("one.example.com", pebble, proxy) == serial)
        try proxy.stop()
    }

    @Test("a client's name gets a certificate when the service allows it, and none when it does not")
    func onDemand() throws {
        let service = try ScriptedServer(
            ScriptedServer.serving { visit, request in
                try visit.respond(request.target == "/may?domain=shop.example.org" ? "200 OK" : "404 Not Found")
            })
        let pebble = try pebble()
        let more = "  on_demand: { ask: \"\(service.url)/may\" }"
        let any = configuration(pebble, more: more).replacingHosts()
        let proxy = try ProxyUnderTest(any)
        _ = try awaitSerial("shop.example.org", pebble, proxy)
        #expect(try serial("other.example.org", pebble.issuingRootPEM()) == nil)
        try eventually("the service to be asked") {
            service.requests.current.contains { $0.target == "/may?domain=other.example.org" }
        }
        try proxy.stop()
    }

    @Test("the list of certificates has names, issuer and what failed")
    func list() throws {
        let pebble = try pebble()
        let text = configuration(pebble)
        let proxy = try ProxyUnderTest(text)
        _ = try awaitSerial("one.example.com", pebble, proxy)
        try proxy.stop()
        let path = try folder.write("gatehouse.yaml", text)
        let table = try GatehouseBinary.run(["certificates", "--config", path])
        #expect(table.status == 0)
        #expect(table.output.contains("one.example.com  Pebble Intermediate CA"))
        let json = try GatehouseBinary.run(["certificates", "--config", path, "--json"])
        #expect(json.output.contains("\"names\" : ["))
        #expect(!json.output.contains("PRIVATE"))
    }
}

extension String {
    /// The same for any host.
    fileprivate func replacingHosts() -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("  - hosts:") ? "  - name: any" : String(line)
        }.joined(separator: "\n")
    }
}
