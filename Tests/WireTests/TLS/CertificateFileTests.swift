// Certificates from the file to the wire: chosen by what clients say, replaced while they talk.

import GateCore
import GateTesting
import Testing

@Suite("Certificates from files")
struct CertificateFileTests {
    private let directory: TemporaryDirectory
    private let authority: TestAuthority

    init() throws {
        directory = try TemporaryDirectory()
        authority = try TestAuthority(intermediate: true)
    }

    private func proxy(_ tls: String, _ sites: String = "[{ routes: [{ respond: { body: ok } }] }]") throws
        -> ProxyUnderTest
    {
        let text = """
            listeners: [{ name: main, address: "127.0.0.1:0", tls: \(tls) }]
            log: { access: off }
            workers: 2
            state: \(directory.file("state"))
            sites: \(sites)

            """
        return try ProxyUnderTest(text)
    }

    private func files(_ name: String) -> String {
        "{ chain: \(directory.file("\(name).pem")), key: \(directory.file("\(name).key")) }"
    }

    private func connect(_ proxy: ProxyUnderTest, _ name: String?, signatures: String? = nil) throws -> RawTLSConnection
    {
        var options = RawTLSOptions()
        options.serverName = name
        options.signatures = signatures
        options.roots = authority.rootPEM
        return try RawTLSConnection.connect(to: try proxy.address(), options)
    }

    @Test("the chain that is sent is the one in the file, without the root (RFC 8446 §4.4.2)")
    func chain() throws {
        let certificate = try authority.server("a.example")
        try certificate.write(to: directory, as: "a")
        let proxy = try proxy("{ certificates: [\(files("a"))] }")
        let client = try connect(proxy, "a.example")
        #expect(client.peerChain == ([certificate.leaf] + certificate.intermediates).map(\.der))
        try client.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        #expect(try client.readResponse(to: "GET").status == 200)
        try proxy.stop()
    }

    @Test("a client gets the certificate whose signatures it can verify (RFC 8446 §4.4.2.2)")
    func kinds() throws {
        let (ecdsa, rsa) = (try authority.server("a.example"), try authority.server("a.example", key: .rsa))
        try ecdsa.write(to: directory, as: "e")
        try rsa.write(to: directory, as: "r")
        let proxy = try proxy("{ certificates: [\(files("r")), \(files("e"))] }")
        #expect(try connect(proxy, "a.example").peerChain.first == ecdsa.leafDER)
        let old = try connect(proxy, "a.example", signatures: "rsa_pss_rsae_sha256")
        #expect(old.peerChain.first == rsa.leafDER)
        try proxy.stop()
    }

    @Test("a certificate that is replaced is in use for new connections, and the others go on")
    func replaced() throws {
        let (first, next) = (try authority.server("a.example"), try authority.server("a.example"))
        try first.write(to: directory, as: "a")
        let proxy = try proxy("{ certificates: [\(files("a"))] }")
        let early = try connect(proxy, "a.example")
        #expect(early.peerChain.first == first.leafDER)
        try next.write(to: directory, as: "a")
        try eventually("the next certificate") {
            try connect(proxy, "a.example").peerChain.first == next.leafDER
        }
        try early.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        #expect(try early.readResponse(to: "GET").status == 200)
        try proxy.stop()
    }

    @Test(
        "names without a certificate of their own get one from the internal authority; others are refused (RFC 6066 §3)"
    )
    func names() throws {
        try authority.server("a.example").write(to: directory, as: "a")
        let sites = """
            [{ hosts: [a.example], routes: [{ respond: 200 }] }, { hosts: [b.internal], routes: [{ respond: 200 }] }]
            """
        let proxy = try proxy("{ certificates: [\(files("a"))] }", sites)
        var options = RawTLSOptions()
        options.serverName = "b.internal"
        let inner = try RawTLSConnection.connect(to: try proxy.address(), options)
        #expect(inner.peerChain.count == 2)
        options.serverName = "c.example"
        let address = try proxy.address()
        let refusal = #expect(throws: WireFailure.self) { try RawTLSConnection.connect(to: address, options) }
        #expect("\(String(describing: refusal))".contains("112"))
        try proxy.stop()
    }

    @Test("tickets of one proxy are good for another with the same key file (RFC 8446 §4.6.1)")
    func sharedTickets() throws {
        try authority.server("a.example").write(to: directory, as: "a")
        try writeFile(directory.file("ticket.key"), (0..<80).map { UInt8($0) })
        let tls = "{ certificates: [\(files("a"))], tickets: { keys: [\(directory.file("ticket.key"))] } }"
        let (one, two) = (try proxy(tls), try proxy(tls))
        let first = try connect(one, "a.example")
        try first.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        _ = try first.readResponse(to: "GET")
        var options = RawTLSOptions()
        options.roots = authority.rootPEM
        options.session = first.sessions.last
        #expect(try RawTLSConnection.connect(to: try two.address(), options).isResumed)
        let other = try proxy("{ certificates: [\(files("a"))] }")
        #expect(try !RawTLSConnection.connect(to: try other.address(), options).isResumed)
        for proxy in [one, two, other] { try proxy.stop() }
    }
}
