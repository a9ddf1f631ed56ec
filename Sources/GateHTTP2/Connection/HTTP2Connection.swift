// One connection of HTTP/2 (RFC 9113), either end, without I/O and without a clock: bytes in, events and bytes out.
//
// Reading is in +Reading (frames), +Heads (field blocks), +Data, +Control (the connection's own frames) and +Strays (frames
// of streams that are not open); what a broken rule costs in +Errors; writing in +Sending and +Blocks; windows in +Windows;
// who sends in +Scheduling; draining and deadlines in +Endings.

package import GateCore
import GateHTTP

/// A connection's state: streams, windows, field compression, defences.
///
/// It lives behind a `Pinned` in its owner, which passes every call the same output: a buffer that nobody else appends to.
/// Memory: a fixed part of 1.4 KiB; 64 bytes and some 45 more for each slot in use at once; two dynamic tables of at
/// most twice `HTTP2Limits.headTableBytes` and 8 KiB, as far as they are used; a field block of several frames while it
/// comes, at most `HTTP2Limits.blockBytesMax`. Data is never held here.
package struct HTTP2Connection: ~Copyable {
    enum Phase: UInt8 {
        /// Server: the client's 24 bytes are still to come.
        case preface
        /// The peer's first frame, which is SETTINGS, is still to come.
        case firstFrame
        case frames
        /// Broken: nothing is read or written any more.
        case failed
    }

    let role: HTTP2Role
    let limits: HTTP2Limits
    var phase: Phase
    /// Why the connection is over, or will be with the next `next`.
    var failure: HTTP2Failure?
    var nowMs: UInt64 = 0

    // Streams.
    var streams = StreamTable()
    var ids = StreamIDMap()
    var closed = ClosedStreams()
    var queue = SendQueue()
    /// Streams that are open on the wire.
    package internal(set) var openStreams = 0
    /// The highest identifier that the peer opened.
    var lastPeerID: UInt32 = 0
    /// The highest one that we did something for: what GOAWAY names.
    var lastTakenID: UInt32 = 0
    /// The next identifier of ours.
    var nextID: UInt32 = 1

    // What is being read.
    var payload = PayloadReader()
    /// The stream of the field block under way, or 0.
    var blockStream: UInt32 = 0
    var blockFlags = BlockFlags()
    var blockFrames = 0
    var block = ByteBuffer()

    // Field compression.
    var decoder: HPACKDecoder
    var encoder = HPACKEncoder()

    // Settings.
    package internal(set) var peerSettings = HTTP2Settings()
    /// The peer has acknowledged ours.
    var isAcknowledged = false
    var settingsDueMs = UInt64.max
    /// The peer has said what priorities it wants, in the way of RFC 9218: its streams get the defaults of there.
    /// Without such a word they share.
    var speaksPriorities = false
    var futurePriorities = FuturePriorities()

    // Windows.
    /// Bytes that we may send on the connection.
    var sendWindow = 65_535
    /// Bytes that the peer may still send on the connection.
    var receiveWindow: Int
    var windowTarget: Int
    /// Bytes that came and were not given back.
    var credit = 0
    /// What streams' windows have grown beyond the first size, together.
    var windowGrowth = 0
    var estimate: BandwidthEstimate

    // Output.
    /// Whose frame is the last of the output, or -1, and how long it is with its header.
    var lastFrameSlot = -1
    var lastFrameBytes = 0
    var answerBytes = 0

    // Defence.
    var flood = FloodGuard()

    // Endings.
    var goAwayState = GoAwayState.none
    var drainDueMs = UInt64.max
    var probeDueMs = UInt64.max
    /// The peer's GOAWAY: streams of ours above this one will not be processed.
    var peerLastID: UInt32?
    /// Slots from here on may still have streams above `peerLastID`; negative when none has.
    var refusalScan = -1

    /// How far our own going away has come. RFC 9113 §6.8.
    enum GoAwayState: UInt8 {
        case none
        /// The first GOAWAY is out: new streams are still taken.
        case announced
        /// The last GOAWAY is out.
        case final
    }

    package init(role: HTTP2Role, limits: HTTP2Limits = HTTP2Limits()) {
        limits.check()
        self.role = role
        self.limits = limits
        phase = role == .server ? .preface : .firstFrame
        decoder = HPACKDecoder(tableBytesMax: limits.headTableBytes)
        receiveWindow = max(65_535, limits.connectionWindowBytes)
        windowTarget = receiveWindow
        estimate = BandwidthEstimate(initial: limits.streamWindowBytes, max: limits.connectionWindowBytesMax)
    }

    // MARK: State

    /// Whether we are the server.
    package var isServer: Bool { role == .server }

    /// Whether a field block is under way: HEADERS came and its last CONTINUATION did not. For the deadline of heads.
    package var isInsideHead: Bool { blockStream != 0 }

    /// Whether no bytes may come: the next `next` says `failed`, or has.
    package var hasFailed: Bool { failure != nil }

    /// Whether we or the peer said GOAWAY: no new streams of ours.
    package var isDraining: Bool { goAwayState != .none || peerLastID != nil }

    /// Whether the last GOAWAY is out and no stream is open: write what is left, then close.
    package var isOver: Bool { phase == .failed || goAwayState == .final && openStreams == 0 }

    package func streamID(_ stream: HTTP2StreamIndex) -> UInt32 { streams[stream.slot].id }

    /// Whether the stream goes on on the wire: neither reset nor ended by both sides.
    package func isOpen(_ stream: HTTP2StreamIndex) -> Bool { streams[stream.slot].flags.contains(.isOpen) }

    /// Whether the peer has ended its side.
    package func isPeerDone(_ stream: HTTP2StreamIndex) -> Bool { streams[stream.slot].flags.contains(.peerEnded) }

    /// Bytes of memory held beside the value itself.
    package var heldBytes: Int {
        streams.heldBytes + ids.heldBytes + closed.heldBytes + queue.heldBytes + decoder.heldBytes + encoder.heldBytes
            + block.capacity
    }

    /// Gives memory back that a connection without streams does not need; field compression keeps its tables.
    package mutating func shrink() {
        guard openStreams == 0 && streams.held == 0 else { return }
        streams.shrink()
        ids.shrink()
        queue.shrink()
        closed.shrink()
    }

    // MARK: Streams' lives

    /// Makes a record for a stream that opens now.
    mutating func openStream(_ id: UInt32) -> Int {
        let slot = streams.take()
        ids.insert(id, slot: slot)
        queue.open(slot, in: &streams)
        openStreams &+= 1
        flood.streamOpened()
        streams[slot].id = id
        streams[slot].flags.insert(.isOpen)
        streams[slot].sendWindow = peerSettings.initialWindowBytes
        // Before our settings are acknowledged the peer may count with the initial value.
        let window = isAcknowledged ? limits.streamWindowBytes : max(limits.streamWindowBytes, 65_535)
        streams[slot].receiveWindow = window
        streams[slot].windowTarget = limits.streamWindowBytes
        return slot
    }

    /// The stream is closed on the wire; its slot stays until the owner releases it.
    mutating func closeStream(_ slot: Int, _ ending: ClosedStreams.Ending) {
        let id = streams[slot].id
        queue.close(order: Int(streams[slot].order))
        ids.remove(id)
        closed.remember(id, ending)
        openStreams &-= 1
        windowGrowth &-= streams[slot].windowTarget &- limits.streamWindowBytes
        streams[slot].flags.remove([.isOpen, .wants])
        if payload.slot == slot { payload.slot = -1 }
        if lastFrameSlot == slot { lastFrameSlot = -1 }
    }

    /// Closes a stream that both sides have ended.
    @inline(__always)
    mutating func closeIfEnded(_ slot: Int) {
        if streams[slot].flags.isSuperset(of: [.peerEnded, .weEnded, .isOpen]) { closeStream(slot, .ended) }
    }

    /// The owner has no more use of the index. A stream that is not over is reset: with NO_ERROR when our side has
    /// ended (RFC 9113 §8.1), else with CANCEL.
    package mutating func release(_ stream: HTTP2StreamIndex, into out: inout ByteBuffer) {
        if isOpen(stream) {
            reset(stream, streams[stream.slot].flags.contains(.weEnded) ? .noError : .cancel, into: &out)
        }
        streams.give(stream.slot)
    }
}
