// Large request bodies go from socket to socket inside the kernel.

import GateEngine

extension HTTP1ClientConnection {
    private static let spliceBytesMin = 64 << 10

    /// Moves body without looking at it. Nil when it has to be read; false when there is no more now.
    func spliceBody() -> Bool? {
        guard state == .exchange, !socket.isLayered, body.spliceableCount >= (pipe == nil ? Self.spliceBytesMin : 1),
            let exchange,
            exchange.maySpliceRequest, exchange.server?.spliceTarget != nil
        else { return nil }
        if pipe == nil { pipe = worker.pipes.take() }
        guard let pipe else { return nil }
        switch socket.splice(into: pipe, body.spliceableCount) {
        case .bytes(let count):
            body.skip(count)
            exchange.requestBodyBytes &+= count
            bodyDueMs = nextBodyDueMs
            armDeadline()
            return drainPipe()
        case .wouldBlock: return false
        case .end, .failed:
            closeNow(.clientClosed)
            return false
        }
    }

    /// Moves what the pipe holds to the server. False when the server takes no more, or all is over.
    func drainPipe() -> Bool {
        guard let pipe, pipe.held > 0 else { return true }
        guard let exchange, let server = exchange.server, let target = server.spliceTarget else { return false }
        switch target.splice(from: pipe, more: false) {
        case .bytes(let count): server.spliced(count)
        case .wouldBlock: break
        case .end, .failed:
            server.writeFailed()
            return false
        }
        if pipe.held > 0 {
            exchange.isServerFull = true
            pauseBody()
            server.awaitWritable()
            return false
        }
        if body.isDone {
            givePipeBack()
            bodyOver(exchange)
        }
        return true
    }
}
