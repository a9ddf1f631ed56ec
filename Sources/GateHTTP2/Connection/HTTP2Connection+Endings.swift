// Going away, and what must happen in time. RFC 9113 §6.5.3, §6.7, §6.8.

package import GateCore

extension HTTP2Connection {
    /// Goes away in two steps (server): the first GOAWAY still lets streams in that are under way to us, the last one
    /// follows with the answer to the PING behind it, or by `deadlinePassed`. A client, which takes no streams, says
    /// the last one at once.
    package mutating func beginDrain(nowMs: UInt64, into out: inout ByteBuffer) {
        guard failure == nil && goAwayState == .none else { return }
        if role == .client { return finishDrain(&out) }
        goAwayState = .announced
        drainDueMs = nowMs &+ limits.drainPingMs
        writeGoAway(lastID: HTTP2Bytes.streamIDMax, .noError, &out)
        writePing(.drain, &out)
    }

    /// The last GOAWAY at once, with NO_ERROR: for connections that are idle, or end with the process.
    package mutating func close(into out: inout ByteBuffer) {
        guard failure == nil && goAwayState != .final else { return }
        finishDrain(&out)
    }

    mutating func finishDrain(_ out: inout ByteBuffer) {
        goAwayState = .final
        drainDueMs = .max
        writeGoAway(lastID: lastTakenID, .noError, &out)
    }

    mutating func writeGoAway(lastID: UInt32, _ code: HTTP2ErrorCode, _ out: inout ByteBuffer) {
        writeHeader(.goAway, length: 8, 0, &out)
        out.append(bigEndian: lastID)
        out.append(bigEndian: code.rawValue)
    }

    /// A PING that must be answered within `HTTP2Limits.pingTimeoutMs`; nothing while one is under way. The answer is an
    /// `alive` event.
    package mutating func probe(nowMs: UInt64, into out: inout ByteBuffer) {
        guard failure == nil && probeDueMs == .max else { return }
        probeDueMs = nowMs &+ limits.pingTimeoutMs
        writePing(.probe, &out)
    }

    /// When `deadlinePassed` must be called; `UInt64.max`: never. Changes with every call.
    package var nextDueMs: UInt64 { phase == .failed ? .max : min(settingsDueMs, drainDueMs, probeDueMs) }

    /// Does what is due at `nowMs`: `needMore` when that was not the end of the connection, or `failed`.
    package mutating func deadlinePassed(nowMs: UInt64, into out: inout ByteBuffer) -> HTTP2Event {
        if failure != nil { return failNow(into: &out) }
        if nowMs >= settingsDueMs { return fail(.settingsTimeout, &out) }
        if nowMs >= probeDueMs { return fail(.pingTimeout, &out) }
        if nowMs >= drainDueMs { finishDrain(&out) }
        return .needMore
    }
}
