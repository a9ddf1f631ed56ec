/// Where accounts, keys and certificates live, and how those who share them keep out of each other's way.
///
/// One process with one folder is what there is today (`FileStorage`); several nodes with a common store can come behind the
/// same interface. Blobs are whole: whoever loads one sees what somebody stored, never a part of it.
public protocol CertificateStorage: Sendable {
    /// A blob; nil when there is none.
    /// - Throws: `StorageFailure` when it cannot be read.
    func load(_ key: StorageKey) async throws -> [UInt8]?

    /// Puts a blob in the place of any former one. When this returns the blob outlasts a loss of power.
    /// - Throws: `StorageFailure`; the former blob is still there then.
    func store(_ bytes: [UInt8], at key: StorageKey) async throws

    /// Removes a blob; nothing happens when there is none.
    /// - Throws: `StorageFailure`.
    func remove(_ key: StorageKey) async throws

    /// The blobs and folders right below a key, in the order of their names; empty when there is no such folder.
    /// - Throws: `StorageFailure` when the folder cannot be read.
    func list(_ folder: StorageKey) async throws -> [StorageKey]

    /// Takes a lock without waiting; nil when somebody else holds it.
    /// - Parameter expirySeconds: for how long the lock holds when its owner dies and the storage cannot see that. An owner
    ///   that needs longer renews it. A storage that sees owners die may ignore it.
    /// - Throws: `StorageFailure`.
    func lock(_ key: StorageKey, expirySeconds: Int) async throws -> (any StorageLock)?

    /// Where a blob is, for people who have to mend it. The key, unless the storage knows better.
    func location(of key: StorageKey) -> String
}

extension CertificateStorage {
    /// The key.
    public func location(of key: StorageKey) -> String { "\(key)" }
}

/// A lock that is held until it is released, its process ends, or it expires.
public protocol StorageLock: Sendable {
    /// Begins the expiry anew.
    /// - Throws: `StorageFailure` when the lock was lost.
    func renew() async throws

    /// Lets others take it. May be called more than once.
    func release() async
}

/// What a storage could not do.
public struct StorageFailure: Error, CustomStringConvertible, Sendable {
    /// What was tried, to what, and why it failed: one sentence for the log.
    public let description: String

    /// Keeps the sentence.
    public init(_ description: String) { self.description = description }
}
