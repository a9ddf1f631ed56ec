package import GateCore
package import GateHTTP

// skeleton
package struct HTTP2Connection: ~Copyable {
    package init(role: HTTP2Role, limits: HTTP2Limits = HTTP2Limits()) { fatalError() }

    // MARK: Reading

    /// Writes what we say first: the preface (client), SETTINGS and the connection's window. Once, before all else.
    package mutating func begin(nowMs: UInt64, into out: inout ByteBuffer) { fatalError() }

    /// Reads `input` from `at` on, up to the next thing to tell, and moves `at`.
    ///
    /// Frames may be cut anywhere; DATA is told in pieces as it comes, everything else needs its whole frame, so the
    /// owner's buffer must be able to hold `wholeFrameBytesMax` bytes. Answers (SETTINGS and PING acknowledgements,
    /// RST_STREAM, WINDOW_UPDATE, GOAWAY) are appended to `out`, which is the connection's only output.
    package mutating func next(
        _ input: Span<UInt8>, at: inout Int, nowMs: UInt64, workspace: HTTP2Workspace, into out: inout ByteBuffer
    ) -> HTTP2Event { fatalError() }

    /// Bytes that the owner must be able to keep for `next`: a frame that is told whole.
    package static var wholeFrameBytesMax: Int { 9 + 16_384 }

    /// Whether a field block is under way: HEADERS came and its last CONTINUATION did not. For the deadline of heads.
    package var isInsideHead: Bool { fatalError() }

    // MARK: Sending. All of these do nothing for a stream that is over on the wire.

    /// Client: a new stream, or nil while the peer's limit or ours is reached, and after GOAWAY.
    package mutating func open() -> HTTP2StreamIndex? { fatalError() }
    /// Client: streams that `open` would give now.
    package var openableStreams: Int { fatalError() }

    /// Client: a request's head. `authority`, `path` and `protocol` are left out when empty.
    /// `head`'s fields are written without those that were removed; hop-by-hop ones and Host must have been.
    package mutating func sendRequest(
        _ stream: HTTP2StreamIndex, method: Span<UInt8>, scheme: Span<UInt8>, authority: Span<UInt8>,
        path: Span<UInt8>, protocol: Span<UInt8>, _ head: borrowing MessageHead, isEnd: Bool,
        into out: inout ByteBuffer
    ) { fatalError() }

    /// Server: a response's head, final or interim (1xx, never with `isEnd`).
    package mutating func sendHead(
        _ stream: HTTP2StreamIndex, status: Int, _ head: borrowing MessageHead, isEnd: Bool, into out: inout ByteBuffer
    ) { fatalError() }

    /// Sends as much of `bytes` as the windows allow, in frames; the answer is how much. `isEnd` counts when all went.
    package mutating func sendData(
        _ stream: HTTP2StreamIndex, _ bytes: Span<UInt8>, isEnd: Bool, into out: inout ByteBuffer
    ) -> Int { fatalError() }

    /// As `sendData` for one frame of at most `count` bytes, of which only the header is written: the caller sends
    /// as many bytes as the answer says right behind it. With 0 nothing was written.
    package mutating func sendDataHeader(
        _ stream: HTTP2StreamIndex, count: Int, isEnd: Bool, into out: inout ByteBuffer
    ) -> Int { fatalError() }

    /// Trailers, and with them the end of our side.
    package mutating func sendTrailers(
        _ stream: HTTP2StreamIndex, _ head: borrowing MessageHead, into out: inout ByteBuffer
    ) { fatalError() }

    /// Ends our side: on the stream's last frame if that is still the last of `out`, else with an empty DATA frame.
    package mutating func sendEnd(_ stream: HTTP2StreamIndex, into out: inout ByteBuffer) { fatalError() }

    /// RST_STREAM. Nothing more is told of the stream.
    package mutating func reset(_ stream: HTTP2StreamIndex, _ code: HTTP2ErrorCode, into out: inout ByteBuffer) {
        fatalError()
    }

    /// The owner has passed on `count` bytes of a stream's data: credit goes back to the peer when it is worth a frame.
    package mutating func consumed(_ stream: HTTP2StreamIndex, _ count: Int, into out: inout ByteBuffer) {
        fatalError()
    }

    /// The owner has no more use of the index. A stream that is not over is reset with `cancel` (`noError` by a server
    /// that has answered).
    package mutating func release(_ stream: HTTP2StreamIndex, into out: inout ByteBuffer) { fatalError() }

    /// Bytes of data that `sendData` would take now.
    package func sendableBytes(_ stream: HTTP2StreamIndex) -> Int { fatalError() }
    package func streamID(_ stream: HTTP2StreamIndex) -> UInt32 { fatalError() }
    /// Whether the stream goes on on the wire: neither reset nor ended by both sides.
    package func isOpen(_ stream: HTTP2StreamIndex) -> Bool { fatalError() }
    /// Whether the peer has ended its side.
    package func isPeerDone(_ stream: HTTP2StreamIndex) -> Bool { fatalError() }

    // MARK: Scheduling (RFC 9218)

    /// Whether the owner has data waiting for this stream.
    package mutating func wantsToSend(_ stream: HTTP2StreamIndex, _ wants: Bool) { fatalError() }

    /// Whose turn it is: a stream that wants to send and has window. nil: nobody can.
    ///
    /// The caller sends one frame's worth (`dataFrameBytes`) for it, or says that it has nothing (`wantsToSend`).
    /// Streams of higher urgency first; among equals one after the other in order of identifier, incremental ones in turns.
    package mutating func nextSender() -> HTTP2StreamIndex? { fatalError() }

    /// Bytes of data in one of our frames at most.
    package static var dataFrameBytes: Int { 16_384 }

    package mutating func setPriority(_ stream: HTTP2StreamIndex, _ priority: HTTP2Priority) { fatalError() }

    // MARK: Endings

    /// First GOAWAY and a PING (server): streams that are under way to us are still taken. The last GOAWAY follows with
    /// the PING's answer or by `deadlinePassed`.
    package mutating func beginDrain(nowMs: UInt64, into out: inout ByteBuffer) { fatalError() }
    /// The last GOAWAY at once.
    package mutating func fail(_ failure: HTTP2Failure, into out: inout ByteBuffer) { fatalError() }
    /// The last GOAWAY at once, with NO_ERROR: for connections that are idle or end with the process.
    package mutating func close(into out: inout ByteBuffer) { fatalError() }
    /// A PING that must be answered within `HTTP2Limits.pingTimeoutMs`; nothing while one is under way.
    package mutating func probe(nowMs: UInt64, into out: inout ByteBuffer) { fatalError() }

    /// When `deadlinePassed` must be called; `UInt64.max`: never.
    package var nextDueMs: UInt64 { fatalError() }
    /// `needMore` when nothing is to do, or `failed`.
    package mutating func deadlinePassed(nowMs: UInt64, into out: inout ByteBuffer) -> HTTP2Event { fatalError() }

    // MARK: State

    /// Streams that are open on the wire.
    package var openStreams: Int { fatalError() }
    package var peerSettings: HTTP2Settings { fatalError() }
    /// Whether we or the peer said GOAWAY: no new streams.
    package var isDraining: Bool { fatalError() }
    /// Whether the last GOAWAY is out and no stream is open: write what is left, then close.
    package var isOver: Bool { fatalError() }
    /// Gives memory back that a connection without streams does not need.
    package mutating func shrink() { fatalError() }
}
