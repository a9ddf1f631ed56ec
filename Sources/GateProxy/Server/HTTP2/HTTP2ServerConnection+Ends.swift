// How a connection ends, and what becomes of the requests on it.

import GateCore
import GateEngine
import GateHTTP2

extension HTTP2ServerConnection {
    /// The server has closed, or nothing more can be said to it.
    func connectionEnded(_ reason: EndReason) { end(reason) }

    /// The server broke a rule of the connection. GOAWAY says which.
    func broke(_ failure: HTTP2Failure) {
        server.noteFailure(failure, isConnection: true)
        if out.buffer.count > 0 && !isBroken { _ = out.flush(to: socket, pool: worker.pool) }
        switch failure {
        case .pingTimeout: end(.serverSilent)
        // What does not begin with SETTINGS is something else (RFC 9113 §3.4).
        default: end(areSettingsKnown ? .badResponse : .serverNotHTTP2)
        }
    }

    /// Every request hears of it; those that may find another server.
    private func end(_ reason: EndReason) {
        guard !isClosed else { return }
        let waiting = parked
        parked = []
        finish()
        for slot in 0..<streams.count {
            if let stream = streams[slot] { stream.object.fail(reason) }
        }
        for stream in waiting { stream.object.fail(reason) }
    }

    /// Closes a connection that no exchange uses, with a word to the server.
    func close() {
        guard !isClosed else { return }
        if !isBroken {
            out.prepare(worker.pool)
            core.close(into: &out.buffer)
            _ = out.flush(to: socket, pool: worker.pool)
        }
        finish()
    }

    private func finish() {
        if isIdle {
            isIdle = false
            pool.leftIdle()
        }
        isLeaving = true
        isClosed = true
        pool.remove(self)
        out.release(worker.pool)
        input.release(worker.pool)
        socket.close()
        seat.leave()
    }

    /// No plan names the server any more.
    func retire() {
        if activeCount == 0 && parked.isEmpty { close() } else { leave() }
    }
}

extension ServerRuntime {
    /// A server broke a rule of HTTP/2. Clients hear of a bad response at most, so the error log says what.
    func noteFailure(_ failure: HTTP2Failure, isConnection: Bool) {
        complain("HTTP/2: the server broke a rule (\(failure)); \(isConnection ? "connection" : "stream") ended")
    }

    /// The server has had enough of us.
    func noteGoAway(_ code: HTTP2ErrorCode) {
        complain("HTTP/2: the server closes the connection: \(code.name.map { "\($0)" } ?? "error \(code.rawValue)")")
    }
}
