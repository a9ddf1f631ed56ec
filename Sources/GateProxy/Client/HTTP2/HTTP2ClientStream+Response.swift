// What goes to the client: heads, bodies, ends.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

extension HTTP2ClientStream {
    /// RFC 9113 §8.2.2: fields of a connection have no meaning here.
    private static let connectionFields: [KnownField] = [
        .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade, .te, .http2Settings,
    ]
    private static let connectionBits = connectionFields.reduce(UInt64(0)) { $0 | $1.bit }

    func sendInformational(_ exchange: Exchange) {
        if exchange.response.status == 100 { awaitBody() }
        // A client that is slow to read misses hints, not answers.
        if exchange.response.status != 100 && connection.out.count >= HTTP2ClientConnection.gatherBytes { return }
        writeHead(exchange, status: exchange.response.status, isEnd: false)
        connection.later()
    }

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        switch framing {
        case .none: break
        case .length(let count):
            if !exchange.response.has(.contentLength) {
                exchange.response.beginField(.contentLength)
                exchange.response.withOwn { $0.append(decimal: count) }
                exchange.response.endField()
            }
        case .chunked, .untilClose: exchange.response.remove(.contentLength)
        }
        isEndSent = framing == .none
        writeHead(exchange, status: exchange.response.status, isEnd: isEndSent)
        connection.later()
    }

    func writeHead(_ exchange: Exchange, status: Int, isEnd: Bool) {
        if exchange.response.mayHaveAny(Self.connectionBits) {
            for field in Self.connectionFields { exchange.response.remove(field) }
        }
        connection.prepareOut()
        connection.core.sendHead(index, status: status, exchange.response, isEnd: isEnd, into: &connection.out)
    }

    func sendBody(_ bytes: Span<UInt8>) -> Flow {
        guard borrowedExchange != nil else { return .full }
        var sent = 0
        if bodyOut.isEmpty {
            sent = sendNow(bytes)
            if sent == bytes.count && connection.out.count < HTTP2ClientConnection.gatherBytes { return .open }
        }
        owesDrained = true
        if sent < bytes.count { hold(bytes.extracting(sent..<bytes.count)) } else { connection.owesRoom = true }
        return .full
    }

    /// Frames for as much as windows allow, written when there are many.
    private func sendNow(_ bytes: Span<UInt8>) -> Int {
        var sent = 0
        while sent < bytes.count && connection.takesBody {
            let rest = bytes.extracting(sent..<bytes.count)
            if rest.count > connection.out.freeCount { connection.widenOut() }
            let taken = connection.core.sendData(index, rest, isEnd: false, into: &connection.out)
            if taken == 0 { break }
            sent += taken
            if connection.out.count >= HTTP2ClientConnection.gatherBytes { connection.writeNow() }
        }
        if sent > 0 { connection.later() }
        return sent
    }

    /// The client is behind.
    private func hold(_ bytes: Span<UInt8>) {
        let wasEmpty = bodyOut.isEmpty
        if bodyOut.capacity == 0 { bodyOut = worker.pool.take() }
        bodyOut.append(bytes)
        guard wasEmpty else { return }
        connection.waitingCount += 1
        connection.core.wantsToSend(index, true)
        writeDueMs = connection.due(writeTimeoutMs)
        connection.noteDue(writeDueMs)
        noteWindow()
        connection.later()
    }

    /// The client has given no window for this stream alone: its time runs.
    private func noteWindow() {
        if isWindowShut {
            outputRate.resume(worker.loop.nowMs)
            connection.noteDue(nextDueMs)
        } else {
            outputRate.pause(worker.loop.nowMs)
        }
    }

    /// The client lets nothing of this stream pass.
    var isWindowShut: Bool { connection.core.isShut(index) }

    /// The stream's turn among those that wait.
    func sendWaiting() {
        let isLast = isResponseOver && !hasTrailers && !isTunnel || isTunnelWriteOver
        let taken = connection.core.sendData(index, bodyOut.span, isEnd: isLast, into: &connection.out)
        bodyOut.consume(taken)
        if taken > 0 {
            writeDueMs = connection.due(writeTimeoutMs)
            outputRate.add(taken)
        }
        guard bodyOut.isEmpty else { return noteWindow() }
        if isLast { isEndSent = true }
        drained()
    }

    /// Nothing waits any more.
    private func drained() {
        worker.pool.give(bodyOut.takeOut())
        connection.waitingCount -= 1
        connection.core.wantsToSend(index, false)
        writeDueMs = .max
        outputRate.pause(worker.loop.nowMs)
        if isTunnel { return tunnelDrained() }
        if isResponseOver { return finish() }
        reportDrained()
    }

    /// The exchange may go on sending.
    func reportDrained() {
        guard owesDrained, let exchange else { return }
        owesDrained = false
        exchange.clientDrained()
    }

    private var hasTrailers: Bool {
        borrowedExchange?.with { $0.hasTrailers && $0.responseTrailers.fieldCount > 0 } ?? false
    }

    func sendEnd(_ exchange: Exchange) { isResponseOver = true }

    func flush() {
        guard borrowedExchange != nil else { return }
        connection.later()
        if isTunnel { return tunnelMaybeOver() }
        if isResponseOver && bodyOut.isEmpty { finish() }
    }

    /// All of the response is on its way.
    private func finish() {
        guard let exchange = borrowedExchange else { return }
        if !isEndSent {
            isEndSent = true
            connection.prepareOut()
            if hasTrailers {
                connection.core.sendTrailers(index, exchange.object.responseTrailers, into: &connection.out)
            } else {
                connection.core.sendEnd(index, into: &connection.out)
            }
        }
        // RFC 9113 §8.1: who was answered before the upload's end may stop it.
        if !isRequestWhole { reset(.noError) }
        borrowedExchange = nil
        exchange.with { $0.end() }
        release()
    }

    func abort() {
        guard let exchange else { return }
        borrowedExchange = nil
        if !connection.isClosing { reset(isTunnel && exchange.reason == .tunnelTimeout ? .cancel : .internalError) }
        exchange.end()
        release()
    }

    // MARK: Splicing

    /// Frames lie between: nothing can be left to the kernel.
    var spliceTarget: Socket? { nil }
    func spliced(_ count: Int) {}
    func awaitWritable() {}
}
