// What a server says: frames of all streams, one after the other.

import GateCore
import GateEngine
import GateHTTP2
import GateTLS

extension HTTP2ServerConnection {
    func readinessChanged() {
        guard !isClosed else { return }
        if socket.isWritable && (!out.isEmpty || owesDrained) { writeLater() }
        if socket.isReadable { readInput() }
    }

    func roundEnded() {
        guard !isClosed else { return }
        if !resuming.isEmpty { resumeStreams() }
        if !isClosed && (isBroken || socket.isReadable) { readInput() }
        guard !isClosed else { return }
        if isBroken { return connectionEnded(.serverClosed) }
        if isWriteDue { write() }
    }

    func readInput() {
        out.prepare(worker.pool)
        input.readAll(from: socket, worker, while: { !isClosed }, use: { process($0) }, read: { readOnce() })
        flushTouched()
        guard !isClosed else { return }
        if out.isEmpty { out.release(worker.pool) } else { writeLater() }
        if core.nextDueMs < .max { arm(core.nextDueMs) }
    }

    /// False when there is nothing more to read now.
    private func readOnce() -> Bool {
        let result = input.read(from: socket, worker) { bytes, _ in
            heardMs = worker.loop.nowMs
            return process(bytes)
        }
        switch result {
        case .bytes: return true
        case .wouldBlock: return false
        case .end: connectionEnded(.serverClosed)
        case .failed: failed()
        }
        return false
    }

    private func failed() {
        if let failure = tls?.failure, !failure.isBrokenConnection { server.noteFailure(failure) }
        connectionEnded(.serverClosed)
    }

    /// Uses what it can of the bytes and says how many.
    private func process(_ bytes: Span<UInt8>) -> Int {
        var at = 0
        while !isClosed {
            out.prepare(worker.pool)
            let event = core.next(
                bytes, at: &at, nowMs: worker.loop.nowMs, workspace: worker.http2Workspace, into: &out.buffer)
            if case .needMore = event { return at }
            handle(event, bytes)
        }
        return bytes.count
    }

    private func handle(_ event: HTTP2Event, _ bytes: Span<UInt8>) {
        switch event {
        case .needMore, .refusedHead: break
        case .data(let index, let range):
            stream(index)?.with { $0.receivedData(bytes.extracting(range)) }
        case .head(let index, let isEnd): stream(index)?.with { $0.receivedHead(isEnd: isEnd) }
        case .trailers(let index): stream(index)?.with { $0.receivedTrailers() }
        case .end(let index): stream(index)?.with { $0.receivedEnd() }
        case .reset(let index, let code): stream(index)?.object.receivedReset(code)
        case .streamFailed(let index, let failure):
            server.noteFailure(failure, isConnection: false)
            stream(index)?.object.fail(.badResponse)
        case .streamRefused(let failure): server.noteFailure(failure, isConnection: false)
        case .sendable: writeLater()
        case .settings: settingsChanged()
        case .goAway(_, let code): goingAway(code)
        case .alive: isProbing = false
        case .failed(let failure): broke(failure)
        }
    }

    // MARK: The connection's own frames

    private func settingsChanged() {
        areSettingsKnown = true
        streamsMax = pool.limits.streams
        pool.noteStreamsMax(min(core.peerSettings.streams, streamsMax))
        startParked()
        pool.gotRoom(self)
        writeLater()
    }

    /// Whether upgrades may go this way is known now.
    private func startParked() {
        guard !parked.isEmpty else { return }
        let waiting = parked
        parked = []
        for stream in waiting {
            let stream = stream.object
            guard let exchange = stream.stopWaiting() else { continue }
            if !isLeaving && hasRoom && allowsExtendedConnect {
                start(exchange, stream)
            } else {
                worker.giveBack(stream)
                pool.reopen(exchange)
            }
        }
        settle()
    }

    /// The server takes no new streams. Those that it will not process are reset one by one.
    private func goingAway(_ code: HTTP2ErrorCode) {
        if code != .noError { server.noteGoAway(code) }
        leave()
    }

    // MARK: Turns of streams

    /// The exchange behind the stream has got something.
    func touch(_ stream: HTTP2ServerStream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        touched.append(Borrowed(stream))
    }

    /// Has every exchange that got something send it on. Exchanges may end meanwhile, and others begin.
    func flushTouched() {
        var at = 0
        while at < touched.count {
            touched[at].with { $0.flushResponse() }
            at += 1
        }
        touched.removeAll(keepingCapacity: true)
    }

    func resumeLater(_ stream: HTTP2ServerStream) {
        resuming.append(Borrowed(stream))
        socket.later()
    }

    private func resumeStreams() {
        var at = 0
        // Who is paused and resumed again meanwhile has its turn in the next round.
        let count = resuming.count
        while at < count {
            resuming[at].with { $0.deliver() }
            at += 1
        }
        resuming.removeSubrange(0..<count)
        flushTouched()
    }
}

extension TLSFailure {
    /// The connection below is gone, and TLS has no part in it.
    fileprivate var isBrokenConnection: Bool { if case .broken = kind { true } else { false } }
}
