/// Counts by name, for loads and scripts that run on many threads.
public final class Tally: Sendable {
    private let counts = Monitor<[String: Int]>([:])

    /// Makes an empty one.
    public init() {}

    public func add(_ name: String, _ count: Int = 1) { counts.update { $0[name, default: 0] += count } }

    public subscript(name: String) -> Int { counts.current[name] ?? 0 }

    /// All counts by name.
    public var all: [String: Int] { counts.current }

    /// Waits until `name` has been counted `count` times.
    public func wait(for name: String, toReach count: Int, within bound: Duration = Deadline.usual) throws {
        let reached = counts.wait(within: bound) { ($0[name] ?? 0) >= count ? true : nil }
        guard reached != nil else { throw TimedOut("\(count) times \(name), had \(all)", bound) }
    }
}
