// A certificate's files, read and put to the test. `gatehouse check`, the start, a reload and the watch of files all come
// here, so they agree on what is good.

internal import GateConfig
internal import GateTLS
internal import SwiftASN1
internal import X509

/// A certificate that can be served.
struct LoadedCertificate: Sendable {
    /// What the library serves.
    let credential: TLSCredential
    /// The certificate and those behind it, as far as they can be taken apart; never empty.
    let chain: [Certificate]
    /// The names that it is for, in lower case: `example.com`, `*.example.com`, `10.0.0.1`.
    let names: [String]

    /// The certificate itself.
    var leaf: Certificate { chain[0] }
}

/// Reads a certificate's files.
struct CertificateLoader {
    /// Bytes of a chain at most.
    static let chainBytesMax = 1 << 20
    /// Bytes of a key at most.
    static let keyBytesMax = 64 << 10
    /// Bytes of a staple at most.
    static let stapleBytesMax = 64 << 10

    private let files: Configuration.CertificateFiles
    private let now: Int64
    private(set) var findings: [CertificateFinding] = []

    /// - Parameter now: seconds since 1970.
    init(_ files: Configuration.CertificateFiles, now: Int64) {
        self.files = files
        self.now = now
    }

    /// The certificate; nil when it cannot be served. What is wrong is in `findings`.
    mutating func load() -> LoadedCertificate? {
        let chainBytes = read(files.chain, Self.chainBytesMax)
        let keyBytes = read(files.key, Self.keyBytesMax)
        guard let chainBytes, let keyBytes else { return nil }
        let chain = parse(chainBytes)
        guard findings.isEmpty else { return nil }
        if let finding = SecretFile.finding(files.key) { findings.append(finding) }
        // Before a word about what cannot be taken apart: the library says what is wrong with a key.
        guard let credential = makeCredential(chainBytes, keyBytes, chain) else { return nil }
        guard !chain.isEmpty else {
            fail(files.chain, "has a certificate that cannot be taken apart; get a new one")
            return nil
        }
        var examination = ChainExamination(files.chain, chain, now: now)
        examination.run()
        findings += examination.findings
        guard !examination.findings.contains(where: { $0.gravity == .error }) else { return nil }
        let loaded = LoadedCertificate(
            credential: credential, chain: chain, names: CertificateNames.of(chain[0]))
        return staple(loaded)
    }

    private mutating func read(_ file: FileReference, _ bytesMax: Int) -> [UInt8]? {
        do throws(FileUnreadable) {
            return try file.read(bytesMax: bytesMax)
        } catch {
            fail(file, "cannot be read: \(error.reason)")
            return nil
        }
    }

    private mutating func fail(_ file: FileReference, _ words: String) {
        findings.append(CertificateFinding(.error, file, words))
    }

    private mutating func warn(_ file: FileReference, _ words: String) {
        findings.append(CertificateFinding(.warning, file, words))
    }

    // MARK: Chain

    /// The certificates as far as they can be taken apart; empty when the first one cannot.
    private mutating func parse(_ bytes: [UInt8]) -> [Certificate] {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let documents = try? PEMDocument.parseMultiple(pemString: text) else {
            fail(files.chain, "is no PEM file: its blocks are not whole; write it anew")
            return []
        }
        let certificates = documents.filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
        guard let first = certificates.first else {
            fail(files.chain, noCertificate(documents))
            return []
        }
        guard let leaf = try? Certificate(pemDocument: first) else { return [] }
        return [leaf] + certificates.dropFirst().compactMap { try? Certificate(pemDocument: $0) }
    }

    private func noCertificate(_ documents: [PEMDocument]) -> String {
        let hasKey = documents.contains { $0.discriminator.hasSuffix("PRIVATE KEY") }
        let hint = hasKey ? ", but a private key; are `chain` and `key` swapped?" : "; it must be a PEM file"
        return "has no certificate (`-----BEGIN CERTIFICATE-----`)\(hint)"
    }

    // MARK: Key

    private mutating func makeCredential(
        _ chainBytes: [UInt8], _ keyBytes: [UInt8], _ chain: [Certificate]
    ) -> TLSCredential? {
        do throws(GateTLS.CertificateError) {
            return try TLSCredential(chainPEM: chainBytes, keyPEM: keyBytes)
        } catch {
            switch error {
            case .noCertificate: fail(files.chain, "has no certificate (`-----BEGIN CERTIFICATE-----`)")
            case .noKey: fail(files.key, "has no private key (`-----BEGIN PRIVATE KEY-----`)")
            case .encryptedKey:
                fail(
                    files.key,
                    "is encrypted, and nobody is there to type its passphrase; write it without one: `openssl pkey -in "
                        + "\(files.key.name) -out KEY`")
            case .malformed(let why): fail(files.key, "cannot be read: \(why)")
            case .keyMismatch: fail(files.key, mismatch(keyBytes, chain))
            case .unsuitableKey(let why): fail(files.key, "cannot be used: \(why)")
            case .library(let why): fail(files.chain, "cannot be used: \(why)")
            }
            return nil
        }
    }

    /// The key is not the first certificate's; perhaps it is that of another one in the file.
    private func mismatch(_ keyBytes: [UInt8], _ chain: [Certificate]) -> String {
        let key = try? Certificate.PrivateKey(pemEncoded: String(decoding: keyBytes, as: UTF8.self))
        let place = chain.firstIndex { $0.publicKey == key?.publicKey }
        if let place {
            return "belongs to certificate \(place + 1) in \(quoted(files.chain.name)); that one must stand first"
        }
        return "does not belong to the certificate in \(quoted(files.chain.name)); write the files of one pair"
    }

    // MARK: Staple

    /// A staple that is not good is left out: clients ask the responder themselves then.
    private mutating func staple(_ loaded: LoadedCertificate) -> LoadedCertificate {
        guard let file = files.staple else { return loaded }
        do {
            let bytes = try file.read(bytesMax: Self.stapleBytesMax)
            let question = try OCSPQuestion(chain: loaded.chain)
            _ = try question.judge(bytes, now: now)
            return LoadedCertificate(
                credential: try loaded.credential.stapling(bytes), chain: loaded.chain, names: loaded.names)
        } catch let error as FileUnreadable {
            warn(file, "cannot be read, so there is no staple: \(error.reason)")
        } catch {
            warn(file, "is not stapled: \(error)")
        }
        return loaded
    }
}
