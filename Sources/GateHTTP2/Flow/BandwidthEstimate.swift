// How much can be under way at once: what comes in between a PING and its answer. A window that is not larger stalls the
// peer once in each round trip; one that is much larger lets it fill our memory.

/// The bandwidth-delay product of the way from the peer to us, in bytes.
struct BandwidthEstimate: BitwiseCopyable {
    /// What windows are measured by.
    private(set) var bytes: Int
    private let bytesMax: Int
    /// Bytes that came since the PING that is under way.
    private var sample = 0
    private(set) var isMeasuring = false

    init(initial: Int, max: Int) {
        bytes = initial
        bytesMax = Swift.max(initial, max)
    }

    /// Whether a measurement may still change anything.
    var isUseful: Bool { !isMeasuring && bytes < bytesMax }

    /// A PING leaves.
    mutating func begin() {
        isMeasuring = true
        sample = 0
    }

    @inline(__always)
    mutating func received(_ count: Int) {
        if isMeasuring { sample &+= count }
    }

    /// The PING's answer came. The PING left when half of a window had been given back, so that a window which limits
    /// the peer lets the other half come in a round trip: about as much says that a larger one would be filled.
    mutating func end() {
        guard isMeasuring else { return }
        isMeasuring = false
        if sample * 5 >= bytes * 2 { bytes = min(bytes * 2, bytesMax) }
    }
}
