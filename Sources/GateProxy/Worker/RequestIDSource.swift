// Ids that are unique and cheap: they name requests in logs, they protect nothing.

import GateCore

/// A worker's generator of request ids: 128 random bits, started from the system's entropy.
struct RequestIDSource {
    private var state: (UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        state = (system.next() | 1, system.next())
    }

    /// xoroshiro128+ (Blackman, Vigna).
    private mutating func next() -> UInt64 {
        let (a, b) = state
        let mixed = a ^ b
        state = ((a << 24 | a >> 40) ^ mixed ^ (mixed << 16), mixed << 37 | mixed >> 27)
        return a &+ b
    }

    /// Appends 32 hexadecimal digits.
    mutating func append(to buffer: inout ByteBuffer) {
        buffer.appendHexDigits(next())
        buffer.appendHexDigits(next())
    }
}
