// The TLS handshake. Each step waits for its turn at the worker's desk.

import GateCore
import GateEngine
import GateTLS

extension ClientArrival {
    /// Waits for the client's hello, for a bounded time and among a bounded number.
    func beginTLS() {
        state = .hello
        guard let tls = listener.tls, worker.handshakes.admit(self, limit: tls.plan.handshakesMax) else {
            return end(listener.tls == nil ? .internalFailure : .refused)
        }
        setDeadline(listener.plan.timeouts.handshakeMs)
        if socket.isReadable || !received.isEmpty { worker.handshakes.enqueue(self) }
    }

    /// The connection's turn.
    func step() {
        guard state == .hello || state == .handshake || state == .suspended else { return }
        if layer == nil, let table = listener.tls?.passthrough, !isOurs(table) { return }
        guard let layer = layer ?? makeLayer() else { return end(.internalFailure) }
        state = .handshake
        switch layer.handshake(on: socket) {
        case .done: shookHands(layer)
        case .waiting: break
        case .suspended: suspend(layer)
        case .failed(let failure): fail(failure)
        }
    }

    /// Made when the first bytes are there: who says nothing costs next to nothing.
    private func makeLayer() -> TLSLayer? {
        layer = listener.tls?.context.makeLayer(worker.workspace)
        if facts.isPeerKnown { layer?.localAddress = facts.localAddress }
        layer?.prepend(received.span)
        giveReceivedBack()
        return layer
    }

    private func shookHands(_ layer: TLSLayer) {
        worker.handshakes.leave(self)
        worker.counters.handshakes += 1
        if layer.isResumed { worker.counters.resumedHandshakes += 1 }
        socket.attach(layer)
        // It has proved what it was for (RFC 8737 §3).
        if layer.isChallenge { return close() }
        facts.isSecure = true
        handOver(TLSFacts(layer, listener: listener))
    }

    // MARK: Certificates on demand

    /// Asks for a certificate for the name, unless too many ask.
    private func suspend(_ layer: TLSLayer) {
        state = .suspended
        if let name = layer.wantedName, worker.wantedNames.wait(self, for: name) { return }
        goOnWithoutCertificate()
    }

    /// There is a certificate now, or an answer without one.
    func goOn() {
        if state == .suspended { worker.handshakes.enqueue(self) }
    }

    /// There will be no certificate.
    func goOnWithoutCertificate() {
        layer?.resumeWithoutIdentity()
        goOn()
    }

    // MARK: Failures

    private func fail(_ failure: TLSFailure) {
        let end = HandshakeEnd(failure)
        count(end) { "\(failure)" }
        guard end.leavesClient else { return close() }
        if end == .clearText { sayClearText() }
        beginLingering()
    }

    /// Ends it without a word.
    func end(_ end: HandshakeEnd) {
        count(end) { "\(end.name)" }
        if end == .refused || end == .crowdedOut { socket.resetOnClose() }
        close()
    }

    private func count(_ end: HandshakeEnd, _ describe: () -> String) {
        worker.counters.handshakeEnds[Int(end.rawValue)] += 1
        worker.handshakes.complaints.note(end, nowMs: worker.loop.nowMs) {
            "listener \(listener.plan.name): TLS handshake with \(facts.peerAddress) failed: \(describe())"
        }
    }
}
