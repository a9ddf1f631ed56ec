// One definition for each struct of a configuration. Decoding, messages, schema and reference all come from it.

/// The keys of a struct and how they fill it.
public struct StructDefinition<Target: Sendable>: Sendable {
    /// What the schema and the reference need.
    public let description: StructDescription
    private let keys: [String: Key<Target>]
    private let make: @Sendable () -> Target
    private let misplaced: [String: String]
    private let origin: @Sendable (inout Target, Origin) -> Void
    private let finish: @Sendable (inout Target, ConfigNode, inout Decoding) -> Void

    /// Makes a definition.
    ///
    /// - Parameters:
    ///   - name: The name in the schema.
    ///   - title: The heading in the reference.
    ///   - doc: A paragraph for the reference.
    ///   - make: A target with every default; what required keys fill may hold anything.
    ///   - origin: Gives the target the place where it was written.
    ///   - exclusions: Keys that exclude each other.
    ///   - misplaced: Keys that cannot stand here, each with a phrase that goes on after the key: where it belongs.
    ///   - allowsExtensions: Whether keys that begin with `x-` are allowed and ignored.
    ///   - finish: A last look at the target, also when keys failed.
    public init(
        _ name: String, title: String, doc: String, example: String? = nil, make: @escaping @Sendable () -> Target,
        origin: @escaping @Sendable (inout Target, Origin) -> Void = { _, _ in }, exclusions: [Exclusion] = [],
        misplaced: [String: String] = [:], allowsExtensions: Bool = false,
        @KeyBuilder<Target> keys: () -> [Key<Target>],
        finish: @escaping @Sendable (inout Target, ConfigNode, inout Decoding) -> Void = { _, _, _ in }
    ) {
        let list = keys()
        let defaults = make()
        self.keys = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
        self.make = make
        self.misplaced = misplaced
        self.finish = finish
        self.origin = origin
        description = StructDescription(
            name: name, title: title, doc: doc, example: example, keys: list.map { $0.describe(defaults) },
            exclusions: exclusions, allowsExtensions: allowsExtensions)
    }

    /// The shape of such a struct.
    public var shape: Shape<Target> { Shape(.structure(description)) { node, decoding in decode(node, &decoding) } }

    /// Reads a mapping; nil if it is none or lacks a required key. All findings are recorded, whatever the result.
    public func decode(_ node: ConfigNode, _ decoding: inout Decoding) -> Target? {
        guard let entries = node.entries else {
            decoding.mismatch(node, expected: "a mapping of \(description.title) keys")
            return nil
        }
        var target = make()
        origin(&target, Origin(node.location))
        for entry in entries { decode(entry, into: &target, &decoding) }
        let isComplete = checkRequired(entries, node, &decoding)
        checkExclusions(entries, node, &decoding)
        finish(&target, node, &decoding)
        return isComplete ? target : nil
    }

    private func decode(_ entry: ConfigNode.Entry, into target: inout Target, _ decoding: inout Decoding) {
        guard let key = keys[entry.key] else {
            if isExtension(entry.key) { return }
            decoding.error(at: entry.keyLocation, unknown(entry.key))
            return
        }
        if case .null = entry.value.value {
            decoding.error(at: entry.keyLocation, "`\(entry.key)` has no value; write one or remove the key")
            return
        }
        key.decode(entry.value, &target, &decoding)
    }

    private func isExtension(_ key: String) -> Bool { description.allowsExtensions && key.hasPrefix("x-") }

    private func unknown(_ key: String) -> String {
        if let place = misplaced[key] { return "`\(key)` \(place)" }
        let known = description.keys.map(\.name)
        let hint = suggestion(for: key, among: known)
        if !hint.isEmpty { return "unknown key \(quoted(key))\(hint)" }
        return "unknown key \(quoted(key)); a \(description.title) has \(known.wordList(last: "and"))"
    }

    private func nearestKey(to key: String) -> String? { nearestWord(to: key, among: description.keys.map(\.name)) }

    private func checkRequired(_ entries: [ConfigNode.Entry], _ node: ConfigNode, _ decoding: inout Decoding) -> Bool {
        let missing = description.keys.filter { key in key.isRequired && !entries.contains { $0.key == key.name } }
        let misspelt = Set(
            entries.filter { keys[$0.key] == nil && !isExtension($0.key) }.compactMap { nearestKey(to: $0.key) })
        for key in missing where !misspelt.contains(key.name) {
            let example = key.example.map { ", such as `\(key.name): \($0)`" } ?? ""
            decoding.error(at: node.location, "the \(description.title) lacks `\(key.name)`\(example)")
        }
        return missing.isEmpty
    }

    private func checkExclusions(_ entries: [ConfigNode.Entry], _ node: ConfigNode, _ decoding: inout Decoding) {
        for exclusion in description.exclusions {
            let present = entries.filter { exclusion.keys.contains($0.key) }
            if present.isEmpty, exclusion.isRequired {
                let words = exclusion.keys.wordList(last: "or")
                decoding.error(at: node.location, "the \(description.title) lacks what it does: write one of \(words)")
            }
            for entry in present.dropFirst() {
                let message = "`\(entry.key)` cannot stand beside `\(present[0].key)`; keep one of them"
                decoding.error(at: entry.keyLocation, message)
            }
        }
    }
}
