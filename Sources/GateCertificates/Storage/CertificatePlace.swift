// Where one certificate lives in a storage, and in what form.

import FoundationEssentials

/// One certificate's place in a storage: the certificate with its key in one blob, so that they fit together after any crash;
/// a record of how it fares; and an order under way.
struct CertificatePlace: Sendable {
    let storage: any CertificateStorage
    let id: String

    /// All that there are in a storage.
    static func all(in storage: any CertificateStorage) async throws -> [CertificatePlace] {
        try await storage.list(folder).compactMap { key in
            key.parts.last.map { CertificatePlace(storage: storage, id: $0) }
        }
    }

    static var folder: StorageKey { constant("certificates") }

    private static func constant(_ path: String) -> StorageKey {
        guard let key = StorageKey(path) else { preconditionFailure("a constant key") }
        return key
    }

    private var folder: StorageKey { Self.folder.appending(id) }
    private var certificateKey: StorageKey { folder.appending("certificate.pem") }
    private var recordKey: StorageKey { folder.appending("record.json") }
    private var pendingKey: StorageKey { folder.appending("order.json") }

    /// Nobody else orders while this is held; nil when somebody else does.
    func lock() async throws -> (any StorageLock)? {
        try await storage.lock(Self.constant("locks").appending(id), expirySeconds: 3600)
    }

    /// The certificate; nil when there is none, or what is there is none.
    func certificate() async throws -> ManagedCertificate? { try await bytes().flatMap(Self.certificate) }

    /// Where the certificate is, for people.
    var location: String { storage.location(of: certificateKey) }

    /// The certificate as it is stored.
    func bytes() async throws -> [UInt8]? { try await storage.load(certificateKey) }

    static func certificate(_ bytes: [UInt8]) -> ManagedCertificate? {
        CertificateBundle.parse(String(decoding: bytes, as: UTF8.self))
    }

    func store(_ certificate: ManagedCertificate) async throws {
        try await storage.store(Array(CertificateBundle.text(certificate).utf8), at: certificateKey)
    }

    /// How the certificate fares; nil when nothing is known, or what is there makes no sense.
    func record() async throws -> CertificateRecord? {
        guard let bytes = try await storage.load(recordKey) else { return nil }
        return try? JSON.decode(CertificateRecord.self, bytes)
    }

    func store(_ record: CertificateRecord) async throws {
        try await storage.store(try JSON.encode(record), at: recordKey)
    }

    func pendingOrder() async throws -> PendingOrder? {
        guard let bytes = try await storage.load(pendingKey) else { return nil }
        return try? JSON.decode(PendingOrder.self, bytes)
    }

    func store(_ order: PendingOrder) async throws { try await storage.store(try JSON.encode(order), at: pendingKey) }

    func removePendingOrder() async throws { try await storage.remove(pendingKey) }

    /// Brings here what is at another place of the same certificate, the first one that has something, unless there is
    /// something here already.
    func takeOver(from ids: [String]) async throws {
        guard !ids.isEmpty, try await bytes() == nil, try await storage.load(recordKey) == nil else { return }
        for id in ids where try await takeOver(from: CertificatePlace(storage: storage, id: id)) { return }
    }

    /// The other place is emptied last, so that a crash loses nothing.
    private func takeOver(from other: CertificatePlace) async throws -> Bool {
        var isFound = false
        for key in [\CertificatePlace.certificateKey, \.pendingKey, \.recordKey] {
            guard let bytes = try await storage.load(other[keyPath: key]) else { continue }
            try await storage.store(bytes, at: self[keyPath: key])
            isFound = true
        }
        if isFound { try await other.removeAll() }
        return isFound
    }

    /// Removes all that is there.
    func removeAll() async throws {
        for key in [certificateKey, recordKey, pendingKey] { try await storage.remove(key) }
    }
}
