// One file with all that it includes, as one tree. Included maps are merged, lists appended, and a value that two files
// set is an error, so that the order of files never decides a meaning.

/// Reads a file and what it includes.
public struct SourceLoader {
    /// What the texts may cost.
    public let limits: SourceLimits
    /// What was found wrong.
    public private(set) var diagnostics: [Diagnostic] = []
    /// The names of all files read, in order.
    public private(set) var files: [String] = []
    private var reader: YAMLReader
    private var chain: [String] = []

    /// Makes a loader that replaces references from `environment`.
    public init(environment: [String: String], limits: SourceLimits = SourceLimits()) {
        self.limits = limits
        reader = YAMLReader(limits: limits, environment: environment)
    }

    /// The tree of a file; nil if it cannot be read. What is wrong is in `diagnostics`.
    public mutating func load(file: String) -> ConfigNode? {
        guard let text = text(of: file, mentionedAt: SourceLocation(file: file), takesStreams: true) else { return nil }
        return load(text, name: file, path: file)
    }

    /// The tree of a text; included paths are relative to `directory`.
    public mutating func load(text: String, name: String, directory: String = ".") -> ConfigNode? {
        guard text.utf8.count <= limits.fileBytesMax else {
            fail(at: SourceLocation(file: name), tooLarge)
            return nil
        }
        return load(text, name: name, path: directory + "/" + name)
    }

    private mutating func load(_ text: String, name: String, path: String) -> ConfigNode? {
        files.append(name)
        chain.append(FileReader.canonical(path))
        defer { chain.removeLast() }
        let root = reader.read(text, name: name)
        diagnostics += reader.takeDiagnostics()
        guard let root else { return nil }
        guard case .map(let entries) = root.value else {
            if case .null = root.value { return ConfigNode(value: .map([]), location: root.location) }
            fail(at: root.location, "expected a mapping of keys such as `listeners:`, found \(root.words)")
            return nil
        }
        return include(entries, into: root, path: path)
    }

    // MARK: Includes

    private mutating func include(_ entries: [ConfigNode.Entry], into root: ConfigNode, path: String) -> ConfigNode {
        guard let include = entries.first(where: { $0.key == "include" }) else { return root }
        var merged = TreeMerge(entries.filter { $0.key != "include" })
        for entry in patterns(in: include.value) {
            for file in expand(entry, from: path) {
                guard let entries = load(included: file, mentionedAt: entry.location)?.entries else { continue }
                merged.add(entries)
            }
        }
        diagnostics += merged.diagnostics
        return ConfigNode(value: .map(merged.entries), location: root.location)
    }

    /// The scalars of `include: path` or `include: [path, path]`.
    private mutating func patterns(in node: ConfigNode) -> [ConfigNode] {
        (node.elements ?? [node]).filter { element in
            if element.scalar?.text.isEmpty == false { return true }
            fail(
                at: element.location,
                "expected the path of a file or a pattern such as `sites/*.yaml`, found \(element.words)")
            return false
        }
    }

    /// The files that an entry means: one, or all that match a pattern, which may be none.
    private func expand(_ entry: ConfigNode, from path: String) -> [String] {
        let text = entry.scalar?.text ?? ""
        let file = text.hasPrefix("/") ? text : folder(of: path) + text
        return FileReader.isPattern(file) ? FileReader.paths(matching: file) : [file]
    }

    private func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        let folder = path[...slash]
        return folder == "./" ? "" : String(folder)
    }

    private mutating func load(included file: String, mentionedAt location: SourceLocation) -> ConfigNode? {
        guard !chain.contains(FileReader.canonical(file)) else {
            fail(at: location, "\(quoted(file)) includes itself; remove this entry")
            return nil
        }
        guard chain.count < limits.includeDepthMax else {
            fail(at: location, "more than \(limits.includeDepthMax) files include each other in a chain")
            return nil
        }
        guard files.count < limits.filesMax else {
            fail(at: location, "more than \(limits.filesMax) files")
            return nil
        }
        guard let text = text(of: file, mentionedAt: location) else { return nil }
        return load(text, name: file, path: file)
    }

    private mutating func text(
        of file: String, mentionedAt location: SourceLocation, takesStreams: Bool = false
    ) -> String? {
        do {
            return try FileReader.text(of: file, bytesMax: limits.fileBytesMax, takesStreams: takesStreams)
        } catch .notUTF8(let line, let column) {
            fail(
                at: SourceLocation(file: file, line: line, column: column),
                "this byte is no UTF-8; save the file as UTF-8")
        } catch {
            fail(at: location, words(error, file))
        }
        return nil
    }

    private func words(_ failure: FileReader.Failure, _ file: String) -> String {
        switch failure {
        case .notReadable(let reason): "cannot read \(quoted(file)): \(reason)"
        case .tooLarge: "cannot read \(quoted(file)): \(tooLarge)"
        case .notUTF8: "\(quoted(file)) is not UTF-8"
        }
    }

    private var tooLarge: String { "the file is larger than \(limits.fileBytesMax >> 20) MiB" }

    private mutating func fail(at location: SourceLocation, _ message: String) {
        diagnostics.append(Diagnostic(.error, at: location, message))
    }
}
