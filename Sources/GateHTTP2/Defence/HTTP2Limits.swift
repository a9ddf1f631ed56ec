package import GateHTTP

/// Every bound of a connection. Counts of frames are for each `floodIntervalMs`, those of resets for `resetIntervalMs`.
package struct HTTP2Limits: Sendable, Equatable {
    /// Streams that may be open at once: the peer's (server), or ours (client). 1...2000, default 100.
    package var streams = 100
    /// Heads of requests, responses and trailers. Default as in HTTP/1: 8 KiB, 32 KiB and 128 fields.
    package var head = HeadLimits()
    /// Bytes of a compressed field block over all of its frames. Default 80 KiB. One that fits into a single frame is
    /// always read.
    package var blockBytesMax = 80 << 10
    /// CONTINUATION frames of one field block. Default 16.
    package var continuations = 16
    /// Bytes of the dynamic table that we decode with (SETTINGS_HEADER_TABLE_SIZE). 0...65,535, default 4096.
    package var headTableBytes = 4096
    /// Whether a server allows extended CONNECT (RFC 8441). Default true.
    package var allowsConnect = true

    /// A stream's receive window at first. 1...2^31-1, default 64 KiB.
    package var streamWindowBytes = 64 << 10
    /// What a stream's window may grow to. Default 2 MiB.
    package var streamWindowBytesMax = 2 << 20
    /// What all streams' windows together may have grown beyond `streamWindowBytes`. Default 4 MiB. Data that the owner
    /// has not consumed is never more than `streams * streamWindowBytes + windowGrowthBytesMax`.
    package var windowGrowthBytesMax = 4 << 20
    /// The connection's receive window at first. 65,535...2^31-1, default 1 MiB. It holds no memory: its credit goes
    /// back as data arrives.
    package var connectionWindowBytes = 1 << 20
    /// What the connection's window may grow to. Default 16 MiB.
    package var connectionWindowBytesMax = 16 << 20

    /// The time for which resets are counted. Default 30 s.
    package var resetIntervalMs: UInt64 = 30_000
    /// Resets in that time: the peer's (server) and those that it provokes. Default 100.
    package var resets = 100
    /// The time for which all other frames are counted. Default 30 s.
    package var floodIntervalMs: UInt64 = 30_000
    /// SETTINGS frames. Default 100.
    package var settings = 100
    /// PING frames beyond one for each frame of data that we sent. Default 500.
    package var pings = 500
    /// PRIORITY frames beyond four for each stream. Default 500.
    package var priorities = 500
    /// PRIORITY_UPDATE frames beyond four for each stream. Default 500.
    package var priorityUpdates = 500
    /// DATA and CONTINUATION frames without content that do not end anything. Default 100.
    package var emptyFrames = 100
    /// WINDOW_UPDATE frames beyond four for each stream and each frame of data that we sent, and one for each 512 bytes of
    /// it. Default 1000.
    package var windowUpdates = 1000
    /// Frames of data that tiny windows made us cut below 256 bytes. Default 1000.
    package var tinyFrames = 1000
    /// Frames of unknown types beyond four for each stream. Default 1000.
    package var unknownFrames = 1000
    /// Frames on streams that are over, beyond four for each stream and what may be under way when we reset one. Default
    /// 1000.
    package var strayFrames = 1000
    /// Bytes of answers (acknowledgements, resets) that may gather while the peer reads nothing. Default 64 KiB.
    package var unreadAnswerBytesMax = 64 << 10

    /// How long the peer may take to acknowledge our SETTINGS. Default 10 s.
    package var settingsTimeoutMs: UInt64 = 10_000
    /// How long the peer may take to answer `probe`. Default 10 s.
    package var pingTimeoutMs: UInt64 = 10_000
    /// How long the second GOAWAY of a drain waits for the PING between them. Default 1 s.
    package var drainPingMs: UInt64 = 1_000

    package init() {}

    /// Sets `head`, and room for blocks that hold as much: twice the bytes, since a head that is too large is better refused
    /// by itself than with its connection.
    package mutating func allow(_ head: HeadLimits) {
        self.head = head
        blockBytesMax = max(blockBytesMax, 2 * head.headBytes)
        continuations = max(continuations, blockBytesMax >> 13)
    }

    /// Stops the program when a bound is out of its range.
    func check() {
        precondition(streams >= 1 && streams <= 2000)
        precondition(headTableBytes >= 0 && headTableBytes <= HPACKDecoder.tableBytesMaxMax)
        precondition(streamWindowBytes >= 1 && streamWindowBytes <= Int(HTTP2Bytes.streamIDMax))
        precondition(streamWindowBytesMax <= Int(HTTP2Bytes.streamIDMax))
        precondition(connectionWindowBytes <= Int(HTTP2Bytes.streamIDMax))
        precondition(connectionWindowBytesMax <= Int(HTTP2Bytes.streamIDMax))
        precondition(resets >= 0)
    }

    /// One more than the highest `HTTP2StreamIndex.slot`: streams that are over on the wire and not yet released have
    /// slots, too. A slot is a number of 16 bits.
    package var slots: Int { min(streams + resets, Int(UInt16.max) - 1) }
}
