// YAML text to ConfigNode. The only file that knows the YAML package.
internal import Yams

/// Reads one text. Keeps the count of nodes over all texts that it reads.
struct YAMLReader {
    let limits: SourceLimits
    let references: EnvironmentReferences
    private(set) var diagnostics: [Diagnostic] = []
    private var nodes = 0

    init(limits: SourceLimits, environment: [String: String]) {
        self.limits = limits
        references = EnvironmentReferences(environment: environment)
    }

    /// The tree of a text; nil if it is no YAML, which is then in `diagnostics`. An empty text is an empty map.
    mutating func read(_ text: String, name: String) -> ConfigNode? {
        let start = SourceLocation(file: name)
        guard !AliasGuard.refuses(text) else {
            fail(at: start, "aliases and keys that are no plain words cannot stand in one file; write the keys out")
            return nil
        }
        do {
            // The basic resolver leaves every scalar a text: types are the business of shapes.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else { return ConfigNode(value: .map([]), location: start) }
            return convert(root, file: name, depth: 0)
        } catch let error as YamlError {
            diagnostics.append(error.diagnostic(in: text, name: name))
        } catch {
            fail(at: start, "cannot be read as YAML")
        }
        return nil
    }

    mutating func takeDiagnostics() -> [Diagnostic] {
        defer { diagnostics = [] }
        return diagnostics
    }

    private mutating func fail(at location: SourceLocation, _ message: String) {
        diagnostics.append(Diagnostic(.error, at: location, message))
    }

    // MARK: Conversion

    private mutating func convert(_ node: Yams.Node, file: String, depth: Int) -> ConfigNode? {
        let location = SourceLocation(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        guard spend(at: location, depth: depth) else { return nil }
        switch node {
        case .scalar(let scalar):
            return ConfigNode(value: convert(scalar, at: location), location: location)
        case .sequence(let sequence):
            var list: [ConfigNode] = []
            for element in sequence {
                guard let element = convert(element, file: file, depth: depth + 1) else { return nil }
                list.append(element)
            }
            return ConfigNode(value: .list(list), location: location)
        case .mapping(let mapping):
            guard let entries = convert(mapping, file: file, depth: depth) else { return nil }
            return ConfigNode(value: .map(entries), location: location)
        case .alias:
            fail(at: location, "an alias without its anchor")
            return nil
        }
    }

    /// Counts a node; false, and one error, when there are too many or they nest too deep.
    private mutating func spend(at location: SourceLocation, depth: Int) -> Bool {
        nodes += 1
        if depth > limits.depthMax {
            fail(at: location, "more than \(limits.depthMax) levels of lists and mappings; write it flatter")
            return false
        }
        if nodes > limits.nodesMax {
            fail(at: location, "more than \(limits.nodesMax) values, those that aliases repeat counted; write less")
            return false
        }
        return true
    }

    private mutating func convert(_ scalar: Yams.Node.Scalar, at location: SourceLocation) -> ConfigNode.Value {
        let source = scalar.string
        let isPlain = scalar.style == .plain || scalar.style == .any
        if isPlain, ["", "~", "null", "Null", "NULL"].contains(source) { return .null }
        do {
            let text = try references.expand(source)
            return .scalar(ConfigNode.Scalar(text: text, source: source, isQuoted: !isPlain))
        } catch {
            // Only a plain scalar on one line has its characters where the text has them.
            let shift = isPlain && !source.contains("\n") ? error.offset : 0
            fail(
                at: SourceLocation(file: location.file, line: location.line, column: location.column + shift),
                error.message)
        }
        return .unreadable
    }

    private mutating func convert(_ mapping: Yams.Node.Mapping, file: String, depth: Int) -> [ConfigNode.Entry]? {
        var entries: [ConfigNode.Entry] = []
        var merged: [ConfigNode.Entry] = []
        for (key, value) in mapping {
            let location = SourceLocation(file: file, line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
            guard case .scalar(let name) = key else {
                fail(at: location, "a key must be a plain word")
                return nil
            }
            guard let node = convert(value, file: file, depth: depth + 1) else { return nil }
            if name.string == "<<", name.style == .plain {
                merged += merge(node)
            } else {
                entries.append(ConfigNode.Entry(key: name.string, keyLocation: location, value: node))
            }
        }
        return entries + firstOfEach(merged, without: entries)
    }

    /// The entries that `<<: *anchor` or `<<: [*first, *second]` brings.
    private mutating func merge(_ node: ConfigNode) -> [ConfigNode.Entry] {
        if let entries = node.entries { return entries }
        if let elements = node.elements, elements.allSatisfy({ $0.entries != nil }) {
            return elements.flatMap { $0.entries ?? [] }
        }
        fail(at: node.location, "`<<` merges a mapping; write `<<: *anchor` with the anchor of a mapping")
        return []
    }

    private func firstOfEach(_ merged: [ConfigNode.Entry], without entries: [ConfigNode.Entry]) -> [ConfigNode.Entry] {
        if merged.isEmpty { return [] }
        var seen = Set(entries.map(\.key))
        return merged.filter { seen.insert($0.key).inserted }
    }
}
