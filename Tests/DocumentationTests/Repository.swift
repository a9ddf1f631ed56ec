// The project's own files, as tests read them.

import GateTesting

/// The folder that holds the manifest, and what is documented in it.
enum Repository {
    /// Its path, three folders above this file.
    static let path: String = {
        var path = #filePath
        for _ in 0..<3 { path = folder(of: path) }
        return path
    }()

    /// Markdown files that people read, relative to `path`.
    static let pages: [String] =
        (files(in: "", endingIn: ".md") + files(in: "docs", endingIn: ".md") + files(in: "docs/guides", endingIn: ".md")
        + ["Benchmarks/README.md", "examples/embedding/README.md", "examples/mounted-applications/README.md"]).sorted()

    /// Configurations to copy, relative to `path`.
    static let examples: [String] =
        (files(in: "examples", endingIn: ".yaml") + files(in: "examples/mounted-applications", endingIn: ".yaml"))
        .sorted()

    /// The text of a file, relative to `path`.
    static func text(of file: String) throws -> String {
        String(decoding: try readFile("\(path)/\(file)"), as: UTF8.self)
    }

    /// The folder that holds a file; empty for one without.
    static func folder(of file: String) -> String { String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]) }

    private static func files(in folder: String, endingIn ending: String) -> [String] {
        listDirectory("\(path)/\(folder)").filter { $0.hasSuffix(ending) }
            .map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
    }
}
