// What goes to the client: heads, bodies, ends.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1

extension HTTP1ClientConnection {
    func sendInformational(_ exchange: Exchange) {
        if exchange.response.status == 100 { awaitBody() }
        // A client that is slow to read misses hints, not answers.
        if exchange.response.status != 100 && !out.isEmpty { return }
        out.prepare(worker.pool)
        writeStatusLine(exchange)
        HeadWriter.fields(exchange.response, into: &out.buffer)
        out.buffer.append("\r\n")
        flush()
    }

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        worker.withPool { out.prepare($0) }
        let isOld = exchange.clientVersion == .http10
        sendsChunks = false
        switch framing {
        case .none: break
        case .length(let count):
            if !exchange.response.has(.contentLength) {
                exchange.response.beginField(.contentLength)
                exchange.response.withOwn { $0.append(decimal: count) }
                exchange.response.endField()
            }
        case .chunked, .untilClose:
            exchange.response.remove(.contentLength)
            sendsChunks = !isOld
            endsWithClose = isOld
            if isOld { isPersistent = false }
        }
        // An answer before the body's end: the rest is not waited for, so the connection cannot go on.
        if !isBodyDone && !mayDiscardBody(exchange) { isPersistent = false }
        if isDraining || worker.isStopping || exchange.reason.closesClient { isPersistent = false }
        writeStatusLine(exchange)
        HeadWriter.fields(exchange.response, into: &out.buffer)
        if sendsChunks { out.buffer.append("Transfer-Encoding: chunked\r\n") }
        if !isPersistent {
            out.buffer.append("Connection: close\r\n")
        } else if isOld {
            out.buffer.append("Connection: keep-alive\r\n")
        }
        out.buffer.append("\r\n")
    }

    /// A small body of a request that we answer ourselves is read past, and the connection goes on.
    private func mayDiscardBody(_ exchange: Exchange) -> Bool {
        guard exchange.server == nil, !exchange.request.has(.expect) else { return false }
        switch exchange.requestFraming {
        case .none: return true
        case .length(let count): return count <= Self.discardBytesMax
        case .chunked: return exchange.requestBodyBytes == 0
        case .untilClose: return false
        }
    }

    private func writeStatusLine(_ exchange: Exchange) {
        if exchange.response.reasonRange.isEmpty {
            out.buffer.append("HTTP/1.1 ")
            out.buffer.append(decimal: exchange.response.status)
            out.buffer.append(byte: ASCII.space)
            out.buffer.append(StatusText.reason(exchange.response.status))
            out.buffer.append("\r\n")
        } else {
            HeadWriter.statusLine(exchange.response.status, reason: exchange.responseReason, into: &out.buffer)
        }
    }

    func sendBody(_ bytes: Span<UInt8>) -> Flow {
        guard state == .exchange else { return .full }
        let result = worker.withPool {
            out.add(bytes, asChunk: sendsChunks, to: socket, pool: $0)
        }
        if case .failed = result {
            // Not from inside the server's call.
            isBroken = true
            socket.later()
            return .full
        }
        if case .bytes(let count) = result, count > 0 { noteWritten(count) }
        if socket.isWritable || out.isEmpty { return .open }
        owesDrained = true
        waitForWriting()
        return .full
    }

    func sendEnd(_ exchange: Exchange) {
        isResponseOver = true
        guard sendsChunks else { return }
        out.prepare(worker.pool)
        if exchange.responseTrailers.fieldCount > 0 {
            ChunkEncoder.appendLast(trailers: exchange.responseTrailers, to: &out.buffer)
        } else {
            ChunkEncoder.appendLast(to: &out.buffer)
        }
    }

    func flush() {
        guard state == .exchange || state == .tunnel else { return }
        if !out.isEmpty {
            switch worker.withPool({ out.flush(to: socket, pool: $0) }) {
            case .bytes(let count): noteWritten(count)
            case .wouldBlock: break
            case .failed, .end: return closeNow(.clientClosed)
            }
            guard state != .closed else { return }
            if !out.isEmpty {
                owesDrained = true
                return waitForWriting()
            }
        }
        // A pipe may still wait for the client.
        if !owesDrained {
            writeDueMs = .max
            outputRate.pause(worker.loop.nowMs)
        }
        if state == .tunnel {
            if isTunnelWriteOver { socket.shutdownWrite() }
            return tunnelMaybeOver()
        }
        if isResponseOver { finish() }
    }

    /// All of the response is with the kernel.
    private func finish() {
        guard let exchange = borrowedExchange else { return }
        exchange.with { $0.end() }
        exchangeOver()
    }

    private func waitForWriting() {
        if writeDueMs == .max {
            writeDueMs = nextWriteDueMs
            outputRate.resume(worker.loop.nowMs)
            armDeadline()
        }
    }

    /// Progress towards a client that was slow.
    private func noteWritten(_ count: Int) {
        guard writeDueMs != .max else { return }
        writeDueMs = nextWriteDueMs
        outputRate.add(count)
        armDeadline()
    }

    /// A client that takes a little now and then keeps its connection only above a certain rate.
    func checkOutputRate(_ nowMs: UInt64) {
        let rates = rates
        if outputRate.isTooSlow(nowMs, floor: rates.responseBytesPerSecond, windowMs: rates.graceMs) {
            closeNow(.clientTooSlow)
        }
    }

    func abort() {
        guard let exchange else { return }
        self.exchange = nil
        // What is framed by closing must not look whole: a reset tells.
        // Over TLS the missing close_notify tells (RFC 9112 §9.8).
        let mustReset = (endsWithClose || state == .tunnel) && tls == nil
        if !mustReset && !out.isEmpty { _ = out.flush(to: socket, pool: worker.pool) }
        exchange.end()
        omitGoodbye()
        if mustReset && state != .closed { socket.resetOnClose() }
        close()
    }

    // MARK: Splicing, the response's way

    var spliceTarget: Socket? {
        guard state == .exchange, !sendsChunks, !socket.isLayered else { return nil }
        if !out.isEmpty {
            // The head goes first.
            _ = out.flush(to: socket, pool: worker.pool, more: true)
            guard out.isEmpty else { return nil }
        }
        return socket
    }

    func spliced(_ count: Int) { noteWritten(count) }

    func awaitWritable() {
        owesDrained = true
        waitForWriting()
    }
}
