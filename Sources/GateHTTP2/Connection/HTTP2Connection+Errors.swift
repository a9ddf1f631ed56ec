// What broken rules cost: the stream, or the connection. RFC 9113 §5.4.

package import GateCore

extension HTTP2Connection {
    // MARK: The connection's errors

    /// Ends the connection: the last GOAWAY leaves, and nothing is read any more.
    mutating func fail(_ failure: HTTP2Failure, _ out: inout ByteBuffer) -> HTTP2Event {
        self.failure = failure
        return failNow(into: &out)
    }

    /// As `fail`, for a failure that is noted already; once.
    mutating func failNow(into out: inout ByteBuffer) -> HTTP2Event {
        guard let failure else { return .needMore }
        if phase != .failed {
            writeGoAway(lastID: lastTakenID, failure.code, &out)
            goAwayState = .final
            phase = .failed
        }
        return .failed(failure)
    }

    /// Ends the connection for a reason that the owner has found. Read no more.
    package mutating func fail(_ failure: HTTP2Failure, into out: inout ByteBuffer) {
        guard self.failure == nil else { return }
        _ = fail(failure, &out)
    }

    /// Counts a frame; the event is the end of the connection when it was one too many.
    @inline(__always)
    mutating func count(_ kind: FloodGuard.Kind, _ out: inout ByteBuffer) -> HTTP2Event? {
        guard let failure = flood.count(kind, limits) else { return nil }
        return fail(failure, &out)
    }

    /// An answer of `bytes` is about to be written: too many that nobody reads end the connection.
    @inline(__always)
    mutating func countAnswer(_ bytes: Int, _ out: inout ByteBuffer) -> HTTP2Event? {
        if out.count < limits.unreadAnswerBytesMax {
            answerBytes = 0
            return nil
        }
        answerBytes &+= bytes
        return answerBytes > limits.unreadAnswerBytesMax ? fail(.unreadAnswers, &out) : nil
    }

    // MARK: A stream's errors

    /// Resets an open stream whose rules the peer broke.
    mutating func failStream(_ slot: Int, _ failure: HTTP2Failure, _ out: inout ByteBuffer) -> HTTP2Event {
        let id = streams[slot].id
        let ending: ClosedStreams.Ending = streams[slot].flags.contains(.peerEnded) ? .ended : .weReset
        if let failed = provoked(id, failure, &out) { return failed }
        closeStream(slot, ending)
        return .streamFailed(HTTP2StreamIndex(slot: slot), failure)
    }

    /// Resets a stream that is not open, or never was.
    mutating func refuse(_ id: UInt32, _ failure: HTTP2Failure, _ out: inout ByteBuffer) -> HTTP2Event {
        provoked(id, failure, &out) ?? .streamRefused(failure)
    }

    /// A RST_STREAM that the peer made us send.
    private mutating func provoked(
        _ id: UInt32, _ failure: HTTP2Failure, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        // A peer that has not seen our settings cannot know how many streams it may open.
        let isInnocent = failure == .tooManyStreams && !isAcknowledged
        if let failed = count(isInnocent ? .strayFrame : .madeReset, &out) { return failed }
        if let failed = countAnswer(HTTP2FrameHeader.bytes + 4, &out) { return failed }
        if !isInnocent { flood.resetSent() }
        writeReset(id, failure.code, &out)
        return nil
    }

    mutating func writeReset(_ id: UInt32, _ code: HTTP2ErrorCode, _ out: inout ByteBuffer) {
        writeHeader(.resetStream, length: 4, id, &out)
        out.append(bigEndian: code.rawValue)
    }
}
