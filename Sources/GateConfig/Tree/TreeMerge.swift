/// Entries of several files as one map.
struct TreeMerge {
    private(set) var entries: [ConfigNode.Entry]
    private(set) var diagnostics: [Diagnostic] = []
    private var positions: [String: Int] = [:]

    init(_ entries: [ConfigNode.Entry]) {
        self.entries = entries
        for (index, entry) in entries.enumerated() { positions[entry.key] = index }
    }

    /// Adds entries: maps are merged key by key, lists appended, anything else may be set only once.
    mutating func add(_ added: [ConfigNode.Entry]) {
        for entry in added {
            guard let position = positions[entry.key] else {
                positions[entry.key] = entries.count
                entries.append(entry)
                continue
            }
            merge(entry, at: position)
        }
    }

    private mutating func merge(_ entry: ConfigNode.Entry, at position: Int) {
        switch (entries[position].value.value, entry.value.value) {
        case (.list(let old), .list(let new)):
            entries[position].value.value = .list(old + new)
        case (.map(let old), .map(let new)):
            var merged = TreeMerge(old)
            merged.add(new)
            entries[position].value.value = .map(merged.entries)
            diagnostics += merged.diagnostics
        case (.null, _):
            entries[position] = entry
        case (_, .null):
            break
        default:
            let message = "\(quoted(entry.key)) is already set at \(entries[position].keyLocation); remove one"
            diagnostics.append(Diagnostic(.error, at: entry.keyLocation, message))
        }
    }
}
