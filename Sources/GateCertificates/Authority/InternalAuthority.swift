// An authority of our own for names that no public one knows. Its root is made once and lasts; whoever trusts the root
// trusts what it signs, so its key stays in the storage and signs nothing but an intermediate now and then.

public import FoundationEssentials
import SwiftASN1
import X509

/// Issues certificates for names that are not public: `localhost`, `*.internal`, addresses.
public actor InternalAuthority {
    private let storage: any CertificateStorage
    private var root: InternalIssuer?
    private var intermediate: InternalIssuer?

    private static let day = 86_400.0
    /// A root lasts ten years, and is replaced in its last hundred days. Clients have to be told of the new one then.
    private static let rootDays = 3650.0
    private static let rootDaysLeftMin = 100.0
    /// An intermediate lasts ninety days, and is replaced in its last thirty, so that it outlives all that it has signed.
    private static let intermediateDays = 90.0
    private static let intermediateDaysLeftMin = 30.0
    /// A certificate lasts a week.
    private static let leafDays = 7.0
    /// Clients' clocks may be behind ours by so much.
    private static let skewSeconds = 3600.0

    private static let rootKey = StorageKey("authority/root.pem")!
    private static let intermediateKey = StorageKey("authority/intermediate.pem")!
    private static let lockKey = StorageKey("authority/lock")!

    /// An authority whose keys live in a storage. Nothing is made before it is needed.
    public init(storage: any CertificateStorage) { self.storage = storage }

    /// The root's certificate in PEM, for clients to trust. Makes the root where there is none.
    /// - Throws: `StorageFailure`, also for a stored root that is damaged: another one in its place would be trusted by nobody.
    public func rootPEM(now: Date = .now) async throws -> String {
        try await locked { try await self.currentRoot(now).certificatePEM }
    }

    /// A new certificate for 1...100 names or addresses.
    /// - Throws: `StorageFailure`.
    public func issue(_ wanted: WantedCertificate, now: Date = .now) async throws -> ManagedCertificate {
        let issuer = try await currentIntermediate(now)
        let until = min(now + Self.leafDays * Self.day, issuer.certificate.notValidAfter)
        let from = now - Self.skewSeconds
        let (certificate, keyPEM) = try issuer.issue(wanted.names.map { Identifier($0) }, from: from, until: until)
        let leafPEM = try certificate.serializeAsPEM().pemString + "\n"
        return ManagedCertificate(
            names: wanted.names, chainPEM: leafPEM + (try issuer.certificatePEM), keyPEM: keyPEM, notBefore: from,
            notAfter: until, issuer: issuer.name, keyKind: .ecdsaP256)
    }

    /// When a certificate of this authority is to be replaced: at two thirds of its life.
    public static func renewal(of certificate: ManagedCertificate) -> Date {
        certificate.notBefore + certificate.notAfter.timeIntervalSince(certificate.notBefore) * 2 / 3
    }

    // MARK: Issuers

    private func currentIntermediate(_ now: Date) async throws -> InternalIssuer {
        if let intermediate, Self.lasts(intermediate, Self.intermediateDaysLeftMin, now) { return intermediate }
        return try await locked { try await self.renewedIntermediate(now) }
    }

    /// Another process may have made one in the meantime.
    private func renewedIntermediate(_ now: Date) async throws -> InternalIssuer {
        let root = try await currentRoot(now)
        if let stored = try await storedIntermediate(), Self.lasts(stored, Self.intermediateDaysLeftMin, now),
            stored.certificate.issuer == root.certificate.subject,
            root.certificate.publicKey.isValidSignature(stored.certificate.signature, for: stored.certificate)
        {
            intermediate = stored
            return stored
        }
        let until = min(now + Self.intermediateDays * Self.day, root.certificate.notValidAfter)
        let made = try InternalIssuer.make(
            "Gatehouse Intermediate", by: root, below: 0, from: now - Self.skewSeconds, until: until)
        try await storage.store(Array(try made.text.utf8), at: Self.intermediateKey)
        intermediate = made
        return made
    }

    private func currentRoot(_ now: Date) async throws -> InternalIssuer {
        if let root, Self.lasts(root, Self.rootDaysLeftMin, now) { return root }
        if let stored = try await storedRoot(), Self.lasts(stored, Self.rootDaysLeftMin, now) {
            root = stored
            return stored
        }
        // A mark of its own tells the roots of several machines apart in clients' lists.
        let mark = String(UInt32.random(in: 0 ... .max), radix: 16)
        let made = try InternalIssuer.make(
            "Gatehouse Internal Root \(mark)", by: nil, below: 1, from: now - Self.skewSeconds,
            until: now + Self.rootDays * Self.day)
        try await storage.store(Array(try made.text.utf8), at: Self.rootKey)
        root = made
        return made
    }

    private static func lasts(_ issuer: InternalIssuer, _ daysMin: Double, _ now: Date) -> Bool {
        issuer.certificate.notValidAfter > now + daysMin * day
    }

    /// Nil when there is none. Clients trust the root, and its key may be saved yet: a damaged one is never replaced.
    private func storedRoot() async throws -> InternalIssuer? {
        guard let bytes = try await storage.load(Self.rootKey) else { return nil }
        guard let root = InternalIssuer(text: String(decoding: bytes, as: UTF8.self)) else {
            throw StorageFailure(
                "\(storage.location(of: Self.rootKey)) cannot be read: it has no private key followed by its certificate; "
                    + "mend it, or remove it for a new root, which every client has to be told of")
        }
        return root
    }

    /// Nil when there is none, or none that can be used: the root makes another one, and nobody notices.
    private func storedIntermediate() async throws -> InternalIssuer? {
        try await storage.load(Self.intermediateKey).flatMap {
            InternalIssuer(text: String(decoding: $0, as: UTF8.self))
        }
    }

    // MARK: Lock

    /// Waits that long for another process, which needs milliseconds.
    private static let lockTriesMax = 100

    /// Runs with the lock, so that two processes do not make two roots.
    private func locked<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        for _ in 0..<Self.lockTriesMax {
            guard let lock = try await storage.lock(Self.lockKey, expirySeconds: 60) else {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            do {
                let result = try await body()
                await lock.release()
                return result
            } catch {
                await lock.release()
                throw error
            }
        }
        throw StorageFailure("another process holds \(Self.lockKey)")
    }
}
