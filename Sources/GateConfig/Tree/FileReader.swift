// Files and globs through libc: the control plane's only need of a file system here is to read whole small files.
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

enum FileReader {
    /// Why a file has no text.
    enum Failure: Error, Equatable {
        case notReadable(String)
        case tooLarge
        case notUTF8(line: Int, column: Int)
    }

    /// The text of a file of at most `bytesMax` bytes.
    /// - Parameter takesStreams: see `bytes`.
    static func text(of path: String, bytesMax: Int, takesStreams: Bool = false) throws(Failure) -> String {
        let bytes = try self.bytes(of: path, bytesMax: bytesMax, takesStreams: takesStreams)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let start = String(decoding: bytes.prefix(validPrefix(of: bytes)), as: UTF8.self)
            let place = start.location(ofCharacter: start.count, name: path)
            throw .notUTF8(line: place.line, column: place.column)
        }
        return text
    }

    /// The content of a file of at most `bytesMax` bytes.
    /// - Parameter takesStreams: pipes and devices count, too, and may keep the caller waiting: for what somebody names on the
    ///   command line. Otherwise only regular files do, and a pipe that lies in the place of one stops nobody.
    static func bytes(of path: String, bytesMax: Int, takesStreams: Bool = false) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (takesStreams ? 0 : O_NONBLOCK))
        guard descriptor >= 0 else { throw .notReadable(reason()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .notReadable(reason()) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .notReadable("it is a folder")
        default: if !takesStreams { throw .notReadable("it is no regular file") }
        }
        return try content(of: descriptor, bytesMax)
    }

    private static func content(of descriptor: Int32, _ bytesMax: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .notReadable(reason()) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else { throw .tooLarge }
        }
    }

    /// What the system says about the last call.
    private static func reason() -> String {
        switch errno {
        case ENOENT, ENOTDIR: "there is no such file"
        case EACCES, EPERM: "permission denied"
        case ENXIO: "it is no regular file"
        default: String(cString: strerror(errno)).lowercased()
        }
    }

    /// Bytes before the first that is no UTF-8.
    private static func validPrefix(of bytes: [UInt8]) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var count = 0
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { count += scalar.count }
        return count
    }

    /// A path that a file names, relative to the folder of that file.
    static func path(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    /// The file's path without links and dots; the path itself if there is no such file.
    static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// True if the path is a pattern.
    static func isPattern(_ path: String) -> Bool { path.utf8.contains { "*?[".utf8.contains($0) } }

    /// The paths that match a pattern, sorted.
    static func paths(matching pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, let first = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in first[index].map { String(cString: $0) } }
    }
}
