// What goes to the client: heads, bodies, ends.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

extension HTTP2ClientStream {
    func sendInformational(_ exchange: Exchange) {
        if exchange.response.status == 100 { awaitBody() }
        // A client that is slow to read misses hints, not answers.
        if exchange.response.status != 100 && connection.out.count >= HTTP2ClientConnection.gatherBytes { return }
        writeHead(exchange, status: exchange.response.status, isEnd: false)
    }

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        switch framing {
        case .none: break
        case .length(let count):
            lengthLeft = count
            if !exchange.response.has(.contentLength) {
                exchange.response.beginField(.contentLength)
                exchange.response.withOwn { $0.append(decimal: count) }
                exchange.response.endField()
            }
        case .chunked, .untilClose: exchange.response.remove(.contentLength)
        }
        isEndSent = framing == .none
        writeHead(exchange, status: exchange.response.status, isEnd: isEndSent)
    }

    func writeHead(_ exchange: Exchange, status: Int, isEnd: Bool) {
        borrowedConnection.with { connection in
            connection.prepareOut()
            connection.core.sendHead(index, status: status, exchange.response, isEnd: isEnd, into: &connection.out)
            connection.later()
        }
    }

    func sendBody(_ bytes: Span<UInt8>) -> Flow {
        guard borrowedExchange != nil else { return .full }
        return borrowedConnection.with { send(bytes, $0) }
    }

    private func send(_ bytes: Span<UInt8>, _ connection: HTTP2ClientConnection) -> Flow {
        if lengthLeft != .max { lengthLeft &-= bytes.count }
        var sent = 0
        if bodyOut.isEmpty {
            sent = connection.send(bytes, on: index, isLast: lengthLeft == 0)
            if sent == bytes.count && connection.out.count < HTTP2ClientConnection.gatherBytes { return .open }
        }
        owesDrained = true
        if sent < bytes.count { hold(bytes.extracting(sent..<bytes.count)) } else { connection.owesRoom = true }
        return .full
    }

    /// The client is behind.
    private func hold(_ bytes: Span<UInt8>) {
        let wasEmpty = bodyOut.isEmpty
        if bodyOut.capacity == 0 { bodyOut = worker.pool.take() }
        bodyOut.append(bytes)
        guard wasEmpty else { return }
        connection.waitingCount += 1
        connection.core.wantsToSend(index, true)
        writeDueMs = nextWriteDueMs
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
        // Frame by frame where others wait, too.
        let count = connection.waitingCount > 1 ? min(bodyOut.count, HTTP2Connection.dataFrameBytes) : bodyOut.count
        let isLast = count == bodyOut.count && (isResponseOver && !hasTrailers && !isTunnel || isTunnelWriteOver)
        if count > connection.out.freeCount { connection.widenOut() }
        let taken = connection.core.sendData(
            index, bodyOut.span.extracting(0..<count), isEnd: isLast, into: &connection.out)
        bodyOut.consume(taken)
        if taken > 0 {
            writeDueMs = nextWriteDueMs
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
        borrowedConnection.with { $0.later() }
        if isTunnel { return tunnelMaybeOver() }
        if isResponseOver && bodyOut.isEmpty { finish() }
    }

    /// All of the response is on its way.
    private func finish() {
        guard let exchange = borrowedExchange else { return }
        if !isEndSent {
            isEndSent = true
            borrowedConnection.with { writeEnd(exchange, $0) }
        }
        // RFC 9113 §8.1: who was answered before the upload's end may stop it.
        if !isRequestWhole { reset(.noError) }
        borrowedExchange = nil
        exchange.with { $0.end() }
        release()
    }

    private func writeEnd(_ exchange: Borrowed<Exchange>, _ connection: HTTP2ClientConnection) {
        connection.prepareOut()
        if hasTrailers {
            connection.core.sendTrailers(index, exchange.object.responseTrailers, into: &connection.out)
        } else {
            connection.core.sendEnd(index, into: &connection.out)
        }
    }

    func abort() {
        guard let exchange else { return }
        borrowedExchange = nil
        // RFC 8441 §5: what resets a TCP connection elsewhere is CANCEL here.
        if !connection.isClosing { reset(isTunnel ? .cancel : .internalError) }
        exchange.end()
        release()
    }

    // MARK: Splicing

    /// Frames lie between: nothing can be left to the kernel.
    var spliceTarget: Socket? { nil }
    func spliced(_ count: Int) {}
    func awaitWritable() {}
}
