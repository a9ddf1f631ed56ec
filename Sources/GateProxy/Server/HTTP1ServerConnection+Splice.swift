// Large response bodies go from socket to socket inside the kernel: two system calls, no copy.

import GateEngine

extension HTTP1ServerConnection {
    /// Less than this is copied: the pipe would cost more than it saves.
    private static let spliceBytesMin = 64 << 10

    /// Moves body without looking at it. Nil when it has to be read; false when there is no more now.
    func spliceBody() -> Bool? {
        guard part == .body, !socket.isLayered, body.spliceableCount >= (pipe == nil ? Self.spliceBytesMin : 1),
            let exchange,
            exchange.maySpliceResponse, exchange.client?.spliceTarget != nil
        else { return nil }
        if pipe == nil { pipe = worker.pipes.take() }
        guard let pipe else { return nil }
        switch socket.splice(into: pipe, body.spliceableCount) {
        case .bytes(let count):
            body.skip(count)
            exchange.responseBodyBytes &+= count
            return drainPipe()
        case .wouldBlock: return false
        case .end:
            ended()
            return false
        case .failed:
            failed()
            return false
        }
    }

    /// Moves what the pipe holds to the client. False when the client takes no more, or all is over.
    func drainPipe() -> Bool {
        guard let pipe, pipe.held > 0 else { return true }
        guard let exchange, let client = exchange.client, let target = client.spliceTarget else { return false }
        switch target.splice(from: pipe, more: false) {
        case .bytes(let count): client.spliced(count)
        case .wouldBlock: break
        case .end, .failed:
            exchange.clientGone(.clientClosed)
            return false
        }
        if pipe.held > 0 {
            pause()
            client.awaitWritable()
            return false
        }
        if body.isDone {
            finish(exchange)
            return false
        }
        return true
    }
}
