import GateTesting
import Testing

/// What the test's own authority issues, as OpenSSL judges it.
@Suite("Certificates for tests")
struct TestAuthorityTests {
    @Test("a leaf leads to its root", arguments: [false, true], [TestKeyKind.ecdsa, .rsa])
    func chain(intermediate: Bool, key: TestKeyKind) throws {
        let authority = try TestAuthority(intermediate: intermediate)
        let leaf = try authority.server("example.com", "127.0.0.1", "::1", key: key)
        let names = ["-verify_hostname", "example.com", "-verify_ip", "127.0.0.1"]
        #expect(try verify(leaf, authority, names) == 0)
        #expect(try verify(leaf, authority, ["-verify_ip", "::1", "-purpose", "sslserver"]) == 0)
        #expect(try verify(leaf, authority, ["-verify_hostname", "example.org"]) != 0)
    }

    @Test("what is out of its time is refused, and so is what another authority issued")
    func refused() throws {
        let authority = try TestAuthority()
        #expect(try verify(authority.expired("example.com"), authority) != 0)
        #expect(try verify(authority.notYetValid("example.com"), authority) != 0)
        #expect(try verify(TestAuthority("Other").server("example.com"), authority) != 0)
    }

    @Test("a client's certificate is one for clients, and can be revoked")
    func clients() throws {
        let authority = try TestAuthority(intermediate: false)
        let (good, bad) = (try authority.client("alice"), try authority.client("mallory"))
        let directory = try TemporaryDirectory()
        let list = try directory.write("crl.pem", authority.revocationList([bad]))
        let options = ["-purpose", "sslclient", "-crl_check", "-CRLfile", list]
        #expect(try verify(good, authority, options) == 0)
        #expect(try verify(bad, authority, options) != 0)
        #expect(try verify(good, authority, ["-purpose", "sslserver"]) != 0)
        try directory.write("crl.pem", authority.revocationList(validUntil: -60))
        #expect(try verify(good, authority, options) != 0)
    }

    @Test("files hold the chain and the key that belongs to it", arguments: TestKeyKind.allCases)
    func files(key: TestKeyKind) throws {
        let directory = try TemporaryDirectory()
        let leaf = try TestAuthority(intermediate: true).server("example.com", key: key)
        let files = try leaf.write(to: directory, as: "site")
        let ofKey = try runProgram("openssl", ["pkey", "-in", files.key, "-pubout"])
        let ofLeaf = try runProgram("openssl", ["x509", "-in", files.chain, "-noout", "-pubkey"])
        #expect(ofKey.status == 0)
        #expect(ofKey.output == ofLeaf.output)
        #expect(textOfFile(files.chain).split(separator: "-----BEGIN CERTIFICATE-----").count == 2)
    }

    /// The exit status of `openssl verify`.
    private func verify(
        _ certificate: TestCertificate, _ authority: TestAuthority, _ options: [String] = []
    ) throws -> Int32 {
        let directory = try TemporaryDirectory()
        let root = try directory.write("root.pem", authority.rootPEM)
        let files = try certificate.write(to: directory, as: "leaf")
        let arguments = ["verify", "-CAfile", root, "-untrusted", files.chain] + options
        return try runProgram("openssl", arguments + [files.chain]).status
    }
}
