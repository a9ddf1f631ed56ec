// What one run of decoding found: errors, all of them, and the names that must fit together once everything is read.

/// The findings while a tree becomes typed values.
public struct Decoding: Sendable {
    /// What was found, in the order of discovery.
    public private(set) var diagnostics: [Diagnostic] = []
    /// Findings kept; further ones are counted only.
    public static let diagnosticsMax = 1000

    private var names: [String: [String: SourceLocation]] = [:]
    private var references: [Reference] = []

    private struct Reference {
        var kind: String
        var name: String
        var shown: String
        var location: SourceLocation
    }

    /// Makes an empty record.
    public init() {}

    /// True if there is an error among the findings.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Records an error.
    public mutating func error(at location: SourceLocation, _ message: String) {
        record(Diagnostic(.error, at: location, message))
    }

    /// Records a warning.
    public mutating func warning(at location: SourceLocation, _ message: String) {
        record(Diagnostic(.warning, at: location, message))
    }

    /// Records that something else was expected than what stands there.
    public mutating func mismatch(_ node: ConfigNode, expected: String, hint: String = "") {
        if case .unreadable = node.value { return }
        error(at: node.location, "expected \(expected), found \(node.words)\(hint)")
    }

    private mutating func record(_ diagnostic: Diagnostic) {
        if diagnostics.count < Decoding.diagnosticsMax { diagnostics.append(diagnostic) }
    }

    // MARK: Names

    /// Records a name of one kind (`upstream`, `site host`); a name used twice is an error.
    public mutating func declare(_ kind: String, _ name: String, at location: SourceLocation) {
        if let first = names[kind]?[name] {
            error(at: location, "the \(kind) \(quoted(name)) is already used at \(first); each may stand once")
            return
        }
        names[kind, default: [:]][name] = location
    }

    /// Records that a name of one kind is used, to be looked up by `checkReferences`. Messages show what `node` holds.
    public mutating func refer(to kind: String, _ name: String, at node: ConfigNode) {
        references.append(Reference(kind: kind, name: name, shown: node.words, location: node.location))
    }

    /// Reports every name that is used and not declared.
    public mutating func checkReferences() {
        for reference in references where names[reference.kind]?[reference.name] == nil {
            let known = (names[reference.kind] ?? [:]).keys.sorted()
            var message = "there is no \(reference.kind) \(reference.shown)"
            let hint = suggestion(for: reference.name, among: known)
            message += hint.isEmpty ? listing(known, kind: reference.kind) : hint
            error(at: reference.location, message)
        }
    }

    private func listing(_ known: [String], kind: String) -> String {
        if known.isEmpty { return "; none is defined" }
        let shown = known.prefix(10).map { "`\($0)`" }.joined(separator: ", ")
        return "; defined: \(shown)\(known.count > 10 ? ", …" : "")"
    }

    /// Names of a kind that nothing refers to, with where they were declared, in that order.
    public func unusedNames(of kind: String) -> [(name: String, location: SourceLocation)] {
        let used = Set(references.filter { $0.kind == kind }.map(\.name))
        let unused = (names[kind] ?? [:]).filter { !used.contains($0.key) }
        return unused.map { (name: $0.key, location: $0.value) }.sorted { $0.location < $1.location }
    }
}
