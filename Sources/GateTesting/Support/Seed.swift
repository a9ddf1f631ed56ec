// Randomness that a failure can repeat.

/// A generator (SplitMix64) that starts from `GATE_SEED`, or else from the commit that is checked out.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// The seed of this run, for messages.
    public static let seed: UInt64 = {
        if let text = environmentValue("GATE_SEED"), let seed = UInt64(text) { return seed }
        let commit = (try? runProgram("git", ["rev-parse", "HEAD"]))?.output ?? ""
        return UInt64(commit.prefix(15), radix: 16) ?? 1
    }()

    private var state: UInt64

    /// Starts the stream of numbers that belongs to `part`, so that tests do not depend on each other's order.
    public init(part: UInt64 = 0) { state = Self.seed &+ part &* 0x9e37_79b9_7f4a_7c15 }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// `count` random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
