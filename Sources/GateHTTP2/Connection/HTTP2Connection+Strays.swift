// Frames of streams that are not open: idle ones, and those that are over. RFC 9113 §5.1.

import GateCore

extension HTTP2Connection {
    /// Whether nobody has opened the stream yet.
    func isIdle(_ id: UInt32) -> Bool {
        if id & 1 == 0 { return true }
        return role == .server ? id > lastPeerID : id >= nextID
    }

    /// DATA; its payload is passed over already.
    mutating func strayData(_ header: HTTP2FrameHeader, _ out: inout ByteBuffer) -> HTTP2Event? {
        let id = header.streamID
        if isIdle(id) { return fail(.idleStream, &out) }
        switch closed.ending(of: id) {
        case .ended, nil: return fail(.closedStream, &out)
        case .peerReset: return refuse(id, .resetStream, &out)
        case .weReset, .forgotten: return count(.strayFrame, &out)
        }
    }

    /// RST_STREAM and WINDOW_UPDATE may still come after the end of a stream.
    mutating func strayControl(_ id: UInt32, _ out: inout ByteBuffer) -> HTTP2Event? {
        isIdle(id) ? fail(.idleStream, &out) : count(.strayFrame, &out)
    }

    /// PRIORITY that breaks a rule of its stream. RST_STREAM may not speak of idle streams (§6.4), so there it is an error of
    /// the connection. What was under way when we reset a stream is passed over; every other stream is reset, again if need
    /// be (§5.4.2).
    mutating func strayPriority(
        _ id: UInt32, _ failure: HTTP2Failure, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        if isIdle(id) { return fail(failure, &out) }
        return closed.ending(of: id) == .weReset ? count(.strayFrame, &out) : refuse(id, failure, &out)
    }

    /// A field block, which is decoded already, so that field compression stays right.
    mutating func strayHead(_ id: UInt32, _ out: inout ByteBuffer) -> HTTP2Event? {
        switch closed.ending(of: id) {
        case .ended: fail(.closedStream, &out)
        case nil: fail(.badNewStreamID, &out)
        case .peerReset: refuse(id, .resetStream, &out)
        case .weReset, .forgotten: count(.strayFrame, &out)
        }
    }
}
