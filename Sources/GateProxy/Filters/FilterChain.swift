// The filters of a route that want to hear of one moment, kept so that calling them costs a call and nothing else.

/// Filters in the order of their turns. Immutable.
final class FilterChain {
    private final class Entry {
        let filter: any Filter
        init(_ filter: any Filter) { self.filter = filter }
    }

    private let entries: UnsafeMutableBufferPointer<Unmanaged<Entry>>
    let count: Int

    init(_ filters: [any Filter]) {
        count = filters.count
        entries = .allocate(capacity: filters.count)
        _ = entries.initialize(from: filters.map { .passRetained(Entry($0)) })
    }

    deinit {
        for entry in entries { entry.release() }
        entries.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    /// Calls `body` with the filter at `index`, without counting references: the chain owns the filter.
    @inline(__always)
    func with<Result>(_ index: Int, _ body: (any Filter) -> Result) -> Result {
        precondition(index >= 0 && index < count)
        return unsafe entries[index]._withUnsafeGuaranteedRef { body($0.filter) }
    }
}
