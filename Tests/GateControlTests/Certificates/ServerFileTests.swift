import GateConfig
import GateTLS
import GateTesting
import Glibc
import Testing

@testable import GateControl

@Suite("Files about the TLS of servers")
struct ServerFileTests {
    private let directory: TemporaryDirectory
    private let authority: TestAuthority

    init() throws {
        directory = try TemporaryDirectory()
        authority = try TestAuthority()
        try directory.write("ca.pem", authority.rootPEM)
        try authority.client("one").write(to: directory, as: "client")
    }

    private func load() -> ConfigurationLoader.Outcome {
        ConfigurationLoader.load(
            text: """
                listeners: [{ address: "127.0.0.1:0" }]
                upstreams:
                  app:
                    servers: [https://127.0.0.1:1]
                    tls: { ca: [ca.pem], certificate: { chain: client.pem, key: client.key } }
                sites: [{ routes: [{ proxy: app }] }]

                """, name: directory.file("t"))
    }

    /// What is complained of when they are read again.
    private func reread(_ configuration: inout Configuration) -> [String] {
        var complaints: [String] = []
        configuration.rereadServerFiles { complaints.append($0) }
        return complaints
    }

    @Test("they are read again: all of them, from where they were")
    func again() throws {
        var configuration = try #require(load().configuration)
        #expect(configuration.serverFiles.map(\.path) == ["ca.pem", "client.pem", "client.key"].map(directory.file))
        let former = configuration.upstreams[0].tls
        #expect(reread(&configuration) == [])
        #expect(configuration.upstreams[0].tls == former)
        let other = try TestAuthority("Other")
        let next = try other.client("two")
        try directory.write("ca.pem", other.rootPEM)
        try next.write(to: directory, as: "client")
        #expect(reread(&configuration) == [])
        #expect(configuration.upstreams[0].tls.certificate?.chain.first == next.leafDER)
        #expect(configuration.upstreams[0].tls.trust?.authorities != former.trust?.authorities)
    }

    @Test("one that is broken, missing, or does not fit the other leaves what there was, and is told of")
    func broken() throws {
        var configuration = try #require(load().configuration)
        let former = configuration.upstreams[0].tls
        try directory.write("ca.pem", "nothing of use")
        var complaints = reread(&configuration)
        #expect(complaints.count == 1)
        #expect(complaints.first?.hasPrefix("upstream app: `ca.pem` is no list of certificates: ") == true)
        #expect(complaints.first?.hasSuffix("; what was read from it before stays in use") == true)
        #expect(configuration.upstreams[0].tls == former)

        try directory.write("ca.pem", authority.rootPEM)
        try directory.write("client.key", try authority.client("two").keyPEM)
        complaints = reread(&configuration)
        #expect(complaints.first?.contains("`client.pem` and `client.key` are no certificate and its key") == true)
        #expect(configuration.upstreams[0].tls == former)

        _ = unlink(directory.file("client.pem"))
        complaints = reread(&configuration)
        #expect(complaints.first?.contains("`client.pem` cannot be read: there is no such file") == true)
        #expect(configuration.upstreams[0].tls == former)
    }

    @Test("a configuration that names a broken one is refused where it names it")
    func refused() throws {
        try directory.write("ca.pem", "nothing of use")
        let outcome = load()
        #expect(outcome.configuration == nil)
        #expect(outcome.diagnostics.count == 1)
        #expect(outcome.diagnostics.first?.description.contains("t:5:") == true)
        #expect(outcome.diagnostics.first?.message.hasPrefix("`ca.pem` is no list of certificates") == true)
    }
}
