// How a connection ends: drained with two GOAWAYs, for a reason with one, or at once.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2
import GateTLS

extension HTTP2ClientConnection {
    // MARK: Draining

    /// The listener or the process goes away: finish what is under way and take nothing new (RFC 9113 §6.8).
    func drain() {
        guard state == .open, !isDraining else { return }
        isDraining = true
        prepareOut()
        core.beginDrain(nowMs: worker.loop.nowMs, into: &out)
        later()
        armDeadline()
    }

    /// Closes when the last stream is over and the client knows which was the last.
    func closeIfDrained() {
        if streamCount == 0 && core.isOver && out.isEmpty { beginLingering() }
    }

    // MARK: Failures

    /// The client broke a rule of the connection; GOAWAY waits in `out`.
    func fail(_ failure: HTTP2Failure) {
        worker.counters.http2Failures[Int(failure.rawValue)] += 1
        worker.http2Complaints.note(
            failure, listener: listener.plan.name, client: facts.peerAddress, nowMs: worker.loop.nowMs)
        endStreams(failure.isFlood ? .clientFlood : .clientProtocolError)
        beginLingering()
    }

    /// The client was too slow, or said nothing of use.
    func endSlowly(_ reason: EndReason) {
        worker.counters.endings[Int(reason.rawValue)] += 1
        sayGoodbye(reason)
    }

    private func sayGoodbye(_ reason: EndReason) {
        prepareOut()
        core.close(into: &out)
        endStreams(reason)
        beginLingering()
    }

    /// The client does not take what waits for it, or not fast enough. Where its windows are what is in the way, it can still
    /// be told.
    func endUnread(_ reason: EndReason) {
        if out.isEmpty && socket.isWritable { sayGoodbye(reason) } else { closeNow(reason) }
    }

    func stopNow() {
        guard state == .open else { return close() }
        prepareOut()
        core.close(into: &out)
        writeNow()
        closeNow(.stopping)
    }

    /// Ends everything at once.
    func closeNow(_ reason: EndReason) {
        guard state != .closed else { return }
        if streamCount > 0 { tls?.layer.endsAbruptly = true }
        endStreams(reason)
        close()
    }

    /// Nobody is there any more to answer.
    private func endStreams(_ reason: EndReason) {
        guard streamCount > 0 else { return }
        isClosing = true
        for slot in 0..<streams.count { streams[slot]?.object.clientGone(reason) }
    }

    // MARK: The last words

    /// Bytes thrown away at most while lingering.
    private static let lingerBytesMax = 1 << 20

    /// Says the last word and waits for the client to have read it: closing with unread bytes would make a reset of it.
    func beginLingering() {
        guard state == .open else { return }
        input.release(worker.pool)
        state = .lingering
        lingerBytesLeft = Self.lingerBytesMax
        inputDueMs = worker.loop.due(max(listener.plan.timeouts.lingerMs, 1))
        armDeadline()
        sayLastWords()
        later()
    }

    /// What the client must read before GOAWAY may still be in the way.
    private func sayLastWords() {
        guard !isLastWordSaid else { return }
        if !out.isEmpty { writeNow() }
        guard out.isEmpty || isBroken else { return }
        isLastWordSaid = true
        discardOut()
        socket.shutdownWrite()
    }

    /// Throws away what comes.
    func linger() {
        sayLastWords()
        while state == .lingering && socket.isReadable {
            var room = worker.takeScratch()
            let result = socket.read(into: &room)
            worker.giveScratch(room)
            switch result {
            case .bytes(let count):
                lingerBytesLeft -= count
                if lingerBytesLeft <= 0 { close() }
            case .wouldBlock: return
            case .end, .failed: close()
            }
        }
    }

    func close() {
        guard state != .closed else { return }
        state = .closed
        unflushed = nil
        discardOut()
        input.release(worker.pool)
        if tls?.layer.hasSaidWhy == true { return ClientFarewell.takeOver(socket, listener, seat) }
        socket.close()
        seat.leave(worker)
    }
}
