// The PROXY header: who the client really is, from the proxy in front of us.

import GateCore
import GateEngine
import GateHTTP

extension ClientArrival {
    func readPreface() {
        while state == .preface && socket.isReadable {
            if received.capacity == 0 { received = worker.pool.take() }
            received.reserve(4096)
            switch socket.read(into: &received) {
            case .bytes: takePreface()
            case .wouldBlock: break
            case .end, .failed: close()
            }
        }
        if state == .preface && received.isEmpty { giveReceivedBack() }
    }

    /// Uses the header if it is whole.
    private func takePreface() {
        switch ProxyHeader.parse(received.span) {
        case .needMore: break
        case .invalid: close()
        case .complete(let header, let consumed):
            received.consume(consumed)
            if received.isEmpty { giveReceivedBack() }
            note(header)
            if listener.tls == nil { handOver(nil) } else { beginTLS() }
        }
    }

    private func note(_ header: ProxyHeader) {
        if let source = header.source {
            facts.peerAddress = source.address
            facts.clientAddress = source.address
            facts.peerPort = source.port
            facts.isPeerKnown = true
        }
        if let destination = header.destination {
            facts.localAddress = destination.address
            facts.localPort = destination.port
        }
    }
}
