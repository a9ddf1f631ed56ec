import Glibc

/// Random numbers that a seed repeats: `GATE_SEED` in the environment, or else 1. Print `seed` with a failure.
public struct SeededRandom: RandomNumberGenerator {
    public let seed: UInt64
    private var state: UInt64

    /// `stream` tells tests that share a seed apart.
    public init(stream: UInt64 = 0) {
        // Safe: the environment does not change while tests run.
        seed = unsafe getenv("GATE_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ stream
    }

    /// SplitMix64.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    public mutating func number(below end: Int) -> Int { Int.random(in: 0..<end, using: &self) }

    /// Bytes of which most come from `alphabet`.
    public mutating func bytes(count: Int, alphabet: [UInt8]) -> [UInt8] {
        (0..<count).map { _ in
            number(below: 16) == 0 ? UInt8.random(in: 0...255, using: &self) : alphabet.randomElement(using: &self)!
        }
    }

    /// `bytes` cut into pieces, some of them empty.
    public mutating func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, at + number(below: 8))
            pieces.append(Array(bytes[at..<end]))
            at = end
        }
        return pieces
    }
}
