// A folder as storage. A blob is written to a file of another name, brought to the disk, and renamed: after a crash at any
// point there is the old one or the new one. What crashes leave behind is removed when the storage is opened.

import Glibc
import Synchronization

/// A storage in a folder of the file system: folders 0700, files 0600, locks by `flock`.
///
/// Processes of one host may share the folder. Files are small; they are read and written where this is called from.
public struct FileStorage: CertificateStorage {
    /// The absolute path of the folder.
    public let folder: String

    /// A blob's bytes at most: 16 MiB.
    public static let blobBytesMax = 16 << 20
    /// Temporary files that nobody has written to for so long belong to nobody.
    static let leftoverSeconds = 3600
    private static let temporaryMark = ".new-"

    /// Makes the folder where it is missing.
    /// - Throws: `StorageFailure` when it cannot be made, or is not this user's to write to.
    public init(folder: String) throws {
        precondition(folder.hasPrefix("/"))
        self.folder = folder
        do {
            try Self.makeFolders(folder)
        } catch {
            throw StorageFailure("\(error); mend that, or name another folder as `state`")
        }
        guard access(folder, W_OK | X_OK) == 0 else { throw Self.failure("write to", folder) }
        Self.removeLeftovers(below: folder, depth: 0)
    }

    /// Whether there is such a folder.
    static func exists(_ folder: String) -> Bool { access(folder, F_OK) == 0 }

    /// What is in the way of a folder: something else on its path, or a link that leads nowhere. Nothing is changed.
    /// - Parameter folder: an absolute path.
    /// - Returns: one sentence; nil when it is there, or nothing is seen that keeps it from being made.
    public static func obstacle(to folder: String) -> String? {
        var path = folder
        var facts = stat()
        while lstat(path, &facts) != 0, path != "/" { path = parent(of: path) }
        let isLink = facts.st_mode & S_IFMT == S_IFLNK
        guard stat(path, &facts) == 0 else {
            let reason = errno == ENOENT ? "is not there" : "cannot be reached"
            return isLink ? "`\(path)` is a link to `\(target(of: path))`, which \(reason)" : nil
        }
        return facts.st_mode & S_IFMT == S_IFDIR ? nil : "`\(path)` is no folder"
    }

    public func location(of key: StorageKey) -> String { path(key) }

    public func load(_ key: StorageKey) async throws -> [UInt8]? {
        let path = path(key)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT || errno == ENOTDIR { return nil }
        guard descriptor >= 0 else { throw Self.failure("read", path) }
        defer { close(descriptor) }
        return try Self.contents(descriptor, path)
    }

    public func store(_ bytes: [UInt8], at key: StorageKey) async throws {
        precondition(bytes.count <= Self.blobBytesMax)
        let place = try placeFor(key)
        let temporary = "\(place.folder)/\(Self.temporaryMark)\(UInt64.random(in: 0...UInt64.max))"
        do {
            try Self.write(bytes, to: temporary)
            guard rename(temporary, path(key)) == 0 else { throw Self.failure("replace", path(key)) }
            try Self.sync(folder: place.folder)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    public func remove(_ key: StorageKey) async throws {
        let path = path(key)
        guard unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else { throw Self.failure("remove", path) }
        // An empty folder goes, too; one that is not empty refuses.
        if key.parts.count > 1 { rmdir(String(path.dropLast(key.parts.last?.utf8.count ?? 0))) }
    }

    public func list(_ folder: StorageKey) async throws -> [StorageKey] {
        let path = path(folder)
        guard let names = Self.names(in: path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw Self.failure("list", path)
        }
        return names.filter { !$0.hasPrefix(".") }.sorted().map { folder.appending($0) }
    }

    public func lock(_ key: StorageKey, expirySeconds: Int) async throws -> (any StorageLock)? {
        _ = try placeFor(key)
        let path = path(key)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw Self.failure("lock", path, code)
        }
        return FileLock(descriptor)
    }

    // MARK: Files and folders

    private func path(_ key: StorageKey) -> String { "\(folder)/\(key)" }

    /// Makes the folders above a key.
    private func placeFor(_ key: StorageKey) throws -> (folder: String, name: String) {
        let place = ([folder] + key.parts.dropLast()).joined(separator: "/")
        try Self.makeFolders(place)
        return (place, key.parts.last ?? "")
    }

    /// Makes a folder and those above it, where they are missing.
    private static func makeFolders(_ path: String) throws {
        if let obstacle = obstacle(to: path) { throw StorageFailure("cannot make the folder \(path): \(obstacle)") }
        var missing: [String] = []
        var place = path
        while !isFolder(place), place != "/" {
            missing.append(place)
            place = parent(of: place)
        }
        for place in missing.reversed() { try makeFolder(place) }
    }

    /// Another process may have been faster.
    private static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 else {
            let code = errno
            if code == EEXIST, isFolder(path) { return }
            throw failure("make the folder", path, code)
        }
        try sync(folder: parent(of: path))
    }

    private static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    private static func target(of link: String) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func parent(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw failure("write", path) }
            sent += max(count, 0)
        }
        guard fsync(descriptor) == 0 else { throw failure("write", path) }
    }

    /// A new name in a folder is on the disk only when the folder is.
    private static func sync(folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", folder) }
        defer { close(descriptor) }
        // Some file systems know no fsync of folders (EINVAL); there is nothing more to do for them.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("write", folder) }
    }

    private static func contents(_ descriptor: Int32, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= blobBytesMax else { throw StorageFailure("\(path) is larger than 16 MiB") }
        }
    }

    private static func names(in folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes what was being written when a process ended.
    private static func removeLeftovers(below folder: String, depth: Int) {
        guard depth <= StorageKey.partsMax else { return }
        for name in names(in: folder) ?? [] {
            let path = "\(folder)/\(name)"
            var facts = stat()
            guard lstat(path, &facts) == 0 else { continue }
            if facts.st_mode & S_IFMT == S_IFDIR {
                removeLeftovers(below: path, depth: depth + 1)
            } else if name.hasPrefix(temporaryMark), facts.st_mtim.tv_sec < time(nil) - leftoverSeconds {
                unlink(path)
            }
        }
    }

    private static func failure(_ verb: String, _ path: String, _ code: Int32 = errno) -> StorageFailure {
        StorageFailure("cannot \(verb) \(path): \(String(cString: strerror(code)))")
    }
}

/// A lock by `flock`: the kernel releases it when the process ends, so it does not expire.
private final class FileLock: StorageLock {
    private let descriptor: Mutex<Int32?>

    init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    deinit { closeOnce() }

    func renew() async throws {
        guard descriptor.withLock({ $0 }) != nil else { throw StorageFailure("the lock was released") }
    }

    func release() async { closeOnce() }

    private func closeOnce() {
        let held = descriptor.withLock { held in
            defer { held = nil }
            return held
        }
        guard let held else { return }
        // Closing is not enough while a child that was just forked has it open, too.
        flock(held, LOCK_UN)
        close(held)
    }
}
