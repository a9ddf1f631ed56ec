// Files without Foundation.

internal import Glibc

/// A system call that failed.
public struct SystemFailure: Error, CustomStringConvertible {
    public let call: String
    public let code: Int32

    /// Keeps the call's name and what `errno` says.
    public init(_ call: String, _ code: Int32? = nil) {
        self.call = call
        self.code = code ?? errno
    }

    public var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// A directory that lasts as long as this object.
public final class TemporaryDirectory: Sendable {
    /// Its absolute path, short enough for Unix sockets in it.
    public let path: String

    /// Makes the directory.
    public init() throws {
        var template = Array("/tmp/gate-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { removeTree(path) }

    /// The path of `name` in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in it and answers its path.
    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String {
        try writeFile(file(name), text)
        return file(name)
    }
}

/// All bytes of a file.
public func readFile(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFailure("open \(path)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &piece, piece.count)
        guard count >= 0 else { throw SystemFailure("read \(path)") }
        if count == 0 { return bytes }
        bytes.append(contentsOf: piece[..<count])
    }
}

/// A file as text; empty when it is not there (yet).
public func textOfFile(_ path: String) -> String {
    String(decoding: (try? readFile(path)) ?? [], as: UTF8.self)
}

/// Replaces a file.
public func writeFile(_ path: String, _ text: String) throws {
    try writeFile(path, Array(text.utf8))
}

/// Replaces a file.
public func writeFile(_ path: String, _ bytes: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemFailure("open \(path)") }
    defer { close(descriptor) }
    var sent = 0
    while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { throw SystemFailure("write \(path)") }
        sent += count
    }
}

/// Moves a file over another one, at once.
public func moveFile(_ from: String, to path: String) throws {
    guard rename(from, path) == 0 else { throw SystemFailure("rename \(from)") }
}

/// Sets a file's permission bits.
public func setFileMode(_ path: String, _ mode: UInt32) throws {
    guard chmod(path, mode) == 0 else { throw SystemFailure("chmod \(path)") }
}

/// Names in a directory, without `.` and `..`; empty when there is none.
public func listDirectory(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
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

/// Where a symbolic link points; nil when it is none.
public func targetOfLink(_ path: String) -> String? {
    var target = [UInt8](repeating: 0, count: 4096)
    let count = target.withUnsafeMutableBytes {
        readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return count < 0 ? nil : String(decoding: target[..<count], as: UTF8.self)
}

/// A pipe with a name in the file system.
public func makeNamedPipe(_ path: String) throws {
    guard mkfifo(path, 0o600) == 0 else { throw SystemFailure("mkfifo \(path)") }
}

/// Whether a program of this name stands in `PATH`, or the file itself does.
public func findProgram(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    let path = environmentValue("PATH") ?? "/usr/bin:/bin"
    // The system's directories may be missing where a service manager or a build tool set `PATH`.
    for directory in path.components(separatedBy: ":") + ["/usr/sbin", "/sbin"] {
        let candidate = "\(directory)/\(name)"
        if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
}

/// A variable of the environment; nil when it is not set.
public func environmentValue(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

private func removeTree(_ path: String) {
    if targetOfLink(path) == nil {
        for name in listDirectory(path) { removeTree("\(path)/\(name)") }
    }
    remove(path)
}

/// A file or pipe that is held open for reading and never read.
public final class HeldFile: Sendable {
    private let descriptor: Int32

    /// Opens it without waiting for a writer.
    public init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw SystemFailure("open \(path)") }
    }

    deinit { close(descriptor) }
}
