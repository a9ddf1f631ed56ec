import GateControl
import GateTLS
import GateTesting
import Testing

/// OpenSSL as the responder of an authority.
private final class Responder {
    let process: ChildProcess

    /// - Parameter status: `V` for valid, `R` for revoked, of the only certificate that it knows.
    init(_ folder: CertificateFolder, serial: String, status: String, port: UInt16) throws {
        let directory = folder.directory
        let revoked = status == "R" ? "250101000000Z" : ""
        try directory.write(
            "index.txt", "\(status)\t350101000000Z\t\(revoked)\t\(serial)\tunknown\t/CN=www.example.com\n")
        try directory.write("issuer.pem", folder.authority.issuerPEM)
        try directory.write("issuer.key", folder.authority.issuerKeyPEM)
        process = try ChildProcess(
            "openssl",
            [
                "ocsp", "-index", directory.file("index.txt"), "-CA", directory.file("issuer.pem"), "-rsigner",
                directory.file("issuer.pem"), "-rkey", directory.file("issuer.key"), "-port", "\(port)", "-ndays", "1",
            ])
        try process.waitForText("ACCEPT")
    }

    deinit { process.signal(9) }
}

@Suite("OCSP staples")
struct OCSPTests {
    private static let serial: [UInt8] = [0x41, 0x42, 0x43]

    private func leaf(_ folder: CertificateFolder, port: UInt16) throws -> TestCertificate {
        var leaf = TestAuthority.Leaf("www.example.com")
        leaf.responder = "http://127.0.0.1:\(port)/"
        leaf.serial = Self.serial
        return try folder.authority.issue(leaf)
    }

    @Test("a good answer is fetched and stapled")
    func good() throws {
        let folder = try CertificateFolder()
        let port = try takeFreePort()
        let responder = try Responder(folder, serial: "414243", status: "V", port: port)
        try leaf(folder, port: port).write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        try stand.adopt(listener: CertificateFolder.listener, site: "{}")
        #expect(stand.leaf() != nil)
        try eventually("a staple") { stand.identity("www.example.com")?.credentials.first?.staple != nil }
        #expect(stand.lines == [])
        _ = responder
    }

    @Test("a revoked certificate has no staple, and the log says so")
    func revoked() throws {
        let folder = try CertificateFolder()
        let port = try takeFreePort()
        let responder = try Responder(folder, serial: "414243", status: "R", port: port)
        try leaf(folder, port: port).write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        try stand.adopt(listener: CertificateFolder.listener, site: "{}")
        try eventually("a word about it") {
            stand.lines.contains {
                $0.hasPrefix("error: no OCSP staple for www.example.com") && $0.contains("is revoked")
            }
        }
        #expect(stand.identity("www.example.com")?.credentials.first?.staple == nil)
        _ = responder
    }

    @Test("a responder that refuses keeps nobody from being served")
    func refusal() throws {
        let folder = try CertificateFolder()
        let responder = try ScriptedServer(
            ScriptedServer.serving { visit, _ in try visit.respond("503 Service Unavailable") })
        try leaf(folder, port: responder.port).write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        try stand.adopt(listener: CertificateFolder.listener, site: "{}")
        #expect(stand.leaf() != nil)
        try eventually("a word about it") {
            stand.lines.contains { $0.hasPrefix("warning: no OCSP staple") && $0.contains("status 503") }
        }
        #expect(stand.identity("www.example.com")?.credentials.first?.staple == nil)
    }

    @Test("a staple in a file is used when it is good, and refused when another authority has signed it")
    func file() throws {
        let folder = try CertificateFolder()
        let certificate = try leaf(folder, port: 1)
        try certificate.write(to: folder.directory, as: "site")
        try folder.writeSigner(folder.authority)
        try folder.writeAnswer(for: certificate)
        let settings = "{ certificates: [{ chain: site.pem, key: site.key, staple: ocsp.der }] }"
        let stand = ServiceStand(folder)
        try stand.adopt(listener: settings, site: "{}")
        #expect(stand.identity("www.example.com")?.credentials.first?.staple?.isEmpty == false)
        try folder.writeSigner(TestAuthority("Other", intermediate: true))
        try folder.writeAnswer(for: certificate)
        #expect(
            try folder.findings(listener: settings) == [
                "t:1:115: warning: `ocsp.der` is not stapled: neither the issuer nor somebody it has authorised has signed it"
            ])
    }

    /// Who signs in the issuer's place, and whether that counts.
    enum Delegate: CaseIterable, CustomTestStringConvertible {
        case authorised, withoutUsage, expired, notYetValid, ofAnotherAuthority

        var testDescription: String { "\(self)" }

        func certificate(_ authority: TestAuthority) throws -> TestCertificate {
            var leaf = TestAuthority.Leaf("ocsp.example.com")
            leaf.isResponder = self != .withoutUsage
            if self == .expired { (leaf.validFrom, leaf.validUntil) = (-86_400, -3600) }
            if self == .notYetValid { leaf.validFrom = 3600 }
            return try (self == .ofAnotherAuthority ? TestAuthority("Other", intermediate: true) : authority).issue(
                leaf)
        }
    }

    @Test(
        "somebody else's signature counts with a valid certificate of the issuer for that purpose (RFC 6960 §4.2.2.2)",
        arguments: Delegate.allCases)
    func delegate(_ delegate: Delegate) throws {
        let folder = try CertificateFolder()
        let certificate = try leaf(folder, port: 1)
        try certificate.write(to: folder.directory, as: "site")
        let signer = try delegate.certificate(folder.authority)
        try folder.directory.write("signer.pem", signer.leafPEM)
        try folder.directory.write("signer.key", signer.keyPEM)
        try folder.writeAnswer(for: certificate)
        let settings = "{ certificates: [{ chain: site.pem, key: site.key, staple: ocsp.der }] }"
        let findings = try folder.findings(listener: settings)
        if delegate == .authorised {
            #expect(findings == [])
        } else {
            #expect(findings.count == 1)
            #expect(
                findings.first?.hasSuffix("neither the issuer nor somebody it has authorised has signed it") == true)
        }
    }
}

extension CertificateFolder {
    /// An authority itself signs what `writeAnswer` makes.
    func writeSigner(_ signer: TestAuthority) throws {
        try directory.write("signer.pem", signer.issuerPEM)
        try directory.write("signer.key", signer.issuerKeyPEM)
    }

    /// Writes `ocsp.der`: the certificate with the serial number 414243 is good, for a day from now. Made by OpenSSL and
    /// signed by `signer.pem`.
    func writeAnswer(for certificate: TestCertificate) throws {
        try directory.write("leaf.pem", certificate.leafPEM)
        try directory.write("issuer.pem", authority.issuerPEM)
        try directory.write("index.txt", "V\t350101000000Z\t\t414243\tunknown\t/CN=www.example.com\n")
        let asked = try runProgram(
            "openssl",
            [
                "ocsp", "-issuer", directory.file("issuer.pem"), "-cert", directory.file("leaf.pem"), "-reqout",
                directory.file("request.der"), "-no_nonce",
            ])
        #expect(asked.status == 0)
        let made = try runProgram(
            "openssl",
            [
                "ocsp", "-index", directory.file("index.txt"), "-CA", directory.file("issuer.pem"), "-rsigner",
                directory.file("signer.pem"), "-rkey", directory.file("signer.key"), "-reqin",
                directory.file("request.der"), "-respout", directory.file("ocsp.der"), "-ndays", "1",
            ])
        #expect(made.status == 0)
    }
}
