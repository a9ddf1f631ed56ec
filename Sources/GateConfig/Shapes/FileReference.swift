/// A file that a configuration names and that is read when it is needed, perhaps again and again.
public struct FileReference: Sendable, Hashable {
    /// Its name as written.
    public var name: String
    /// Where it is: the name, relative to the folder of the configuration file that has it.
    public var path: String
    /// Where it was written.
    public var origin: Origin

    /// Names a file. Without a `path` the name is one.
    public init(_ name: String, path: String? = nil, origin: Origin = Origin()) {
        self.name = name
        self.path = path ?? name
        self.origin = origin
    }

    /// The file's bytes.
    /// - Throws: `FileUnreadable` when there are none, or more than `bytesMax`.
    public func read(bytesMax: Int) throws(FileUnreadable) -> [UInt8] {
        do throws(FileReader.Failure) {
            return try FileReader.bytes(of: path, bytesMax: bytesMax)
        } catch {
            switch error {
            case .notReadable(let reason): throw FileUnreadable(reason: reason)
            case .tooLarge: throw FileUnreadable(reason: "it is larger than \(bytesMax) bytes")
            case .notUTF8: throw FileUnreadable(reason: "it is no text")
            }
        }
    }
}

/// Why a file cannot be read.
public struct FileUnreadable: Error, Equatable {
    /// A phrase such as `there is no such file`.
    public let reason: String
}

extension Shape where Value == FileReference {
    /// The name of a file that is read later, relative to the configuration file that names it.
    public static var fileReference: Shape<FileReference> {
        Shape<String>.text("the name of a file").converted { name, node, _ in
            FileReference(
                name, path: FileReader.path(name, besides: node.location.file), origin: Origin(node.location))
        }.shown { $0.name }
    }
}
