// What is known of one stream. RFC 9113 §5.1; reserved states do not exist, because nothing is ever pushed:
//
//            ┌── isEnd of a head ──▶ half-closed (peerEnded) ──┐ our end
//   idle ──▶ open                                              ├──▶ closed, until the owner releases the slot
//            └── our end ──────────▶ half-closed (weEnded) ────┘ the peer's end
//            └── RST_STREAM of either side ───────────────────────▶ closed

/// A stream's state. 64 bytes.
struct StreamRecord: BitwiseCopyable {
    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt16

        /// The slot belongs to a stream.
        static let isTaken = Flags(rawValue: 1 << 0)
        /// The stream is not closed: the peer may speak of it, and it counts as one of the open ones.
        static let isOpen = Flags(rawValue: 1 << 1)
        static let peerEnded = Flags(rawValue: 1 << 2)
        static let weEnded = Flags(rawValue: 1 << 3)
        /// The peer's final head came.
        static let gotHead = Flags(rawValue: 1 << 4)
        /// Our final head is out.
        static let sentHead = Flags(rawValue: 1 << 5)
        /// The owner has data waiting.
        static let wants = Flags(rawValue: 1 << 6)
        /// What comes of the request is thrown away.
        static let discards = Flags(rawValue: 1 << 7)
        /// Client: the request was HEAD, so that no data may come whatever the length says.
        static let isHead = Flags(rawValue: 1 << 8)
        /// Client: the request was CONNECT, so that a success is a tunnel.
        static let isConnect = Flags(rawValue: 1 << 9)
        /// RFC 9218: shares its urgency's turns.
        static let isIncremental = Flags(rawValue: 1 << 10)
    }

    var id: UInt32 = 0
    var flags: Flags = []
    var urgency: UInt8 = 3
    /// Its place among the open streams in order of their identifiers: `SendQueue`'s to give.
    var order: UInt16 = 0
    /// Bytes that we may send. Negative after the peer made its initial window smaller (§6.9.2).
    var sendWindow = 0
    /// Bytes that the peer may still send.
    var receiveWindow = 0
    /// What the receive window comes back to.
    var windowTarget = 0
    /// Bytes passed on and not yet given back to the peer.
    var credit = 0
    /// Bytes of the peer's body that Content-Length still promises; negative: it says nothing.
    var lengthLeft = -1
    /// The next free slot, for those that are.
    var nextFree = -1
}
