import GateCertificates
import Synchronization

/// A storage that lasts as long as the test, and can be told to fail.
final class MemoryStorage: CertificateStorage {
    private struct State {
        var blobs: [StorageKey: [UInt8]] = [:]
        var locks: Set<StorageKey> = []
        /// What stores will still work; nil is all.
        var storesLeft: Int?
        var failureCount = 0
        var unreadable: StorageKey?
    }

    private let state = Mutex(State())

    /// Every store after so many fails.
    func failStores(after count: Int?) { state.withLock { $0.storesLeft = count } }

    /// This blob cannot be read.
    func failLoads(of key: StorageKey?) { state.withLock { $0.unreadable = key } }

    /// Stores that were told to fail.
    var failureCount: Int { state.withLock { $0.failureCount } }

    var keys: [String] { state.withLock { $0.blobs.keys.map(\.description).sorted() } }

    func load(_ key: StorageKey) async throws -> [UInt8]? {
        try state.withLock { state in
            if key == state.unreadable { throw StorageFailure("cannot read \(key)") }
            return state.blobs[key]
        }
    }

    func store(_ bytes: [UInt8], at key: StorageKey) async throws {
        try state.withLock { state in
            if let left = state.storesLeft {
                guard left > 0 else {
                    state.failureCount += 1
                    throw StorageFailure("no space left")
                }
                state.storesLeft = left - 1
            }
            state.blobs[key] = bytes
        }
    }

    func remove(_ key: StorageKey) async throws { state.withLock { $0.blobs[key] = nil } }

    func list(_ folder: StorageKey) async throws -> [StorageKey] {
        let names = state.withLock { state in
            Set(state.blobs.keys.filter { $0.parts.starts(with: folder.parts) }.map { $0.parts[folder.parts.count] })
        }
        return names.sorted().map { folder.appending($0) }
    }

    func lock(_ key: StorageKey, expirySeconds: Int) async throws -> (any StorageLock)? {
        let isTaken = state.withLock { $0.locks.insert(key).inserted }
        return isTaken ? Lock(key: key, storage: self) : nil
    }

    private struct Lock: StorageLock {
        let key: StorageKey
        let storage: MemoryStorage

        func renew() async throws {}
        func release() async { storage.state.withLock { _ = $0.locks.remove(key) } }
    }
}
