/// A file that a configuration names, as it was when the configuration was read.
public struct FileContent: Sendable, Equatable {
    /// Its name as written.
    public var path: String
    /// What is in it.
    public var bytes: [UInt8]

    /// What a file of that name has.
    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

extension Shape where Value == FileContent {
    /// The name of a file of at most `bytesMax` bytes, relative to the configuration file that names it.
    public static func file(bytesMax: Int) -> Shape<FileContent> {
        Shape<String>.text("the name of a file").converted { path, node, decoding in
            do throws(FileReader.Failure) {
                let place = FileReader.path(path, besides: node.location.file)
                return FileContent(path: path, bytes: try FileReader.bytes(of: place, bytesMax: bytesMax))
            } catch {
                decoding.error(at: node.location, "\(node.words) \(words(error, bytesMax))")
                return nil
            }
        }
    }

    @Sendable
    private static func words(_ failure: FileReader.Failure, _ bytesMax: Int) -> String {
        switch failure {
        case .notReadable(let reason): "cannot be read: \(reason)"
        case .tooLarge: "is larger than \(bytesMax) bytes; write a smaller one"
        case .notUTF8: "is no text"
        }
    }
}
