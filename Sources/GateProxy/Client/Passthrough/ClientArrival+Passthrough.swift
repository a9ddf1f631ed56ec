// Before anybody answers a client's hello: whether it asks for a name that is somebody else's to answer.

import GateCore
import GateEngine
import GateTLS

extension ClientArrival {
    /// Looks at the hello as far as it has come. True when the handshake is ours: what is no hello is for the library to
    /// refuse, which knows how.
    func isOurs(_ table: PassthroughTable) -> Bool {
        while true {
            switch helloReader.read(received.span) {
            case .needMore: guard readMore() else { return false }
            case .refused: return true
            case .complete(let hello):
                guard let name = hello.serverName, let upstream = table.upstream(for: name) else { return true }
                passThrough(name, to: upstream)
                return false
            }
        }
    }

    /// False when nothing came, or the connection is over.
    private func readMore() -> Bool {
        guard socket.isReadable else { return false }
        if received.capacity == 0 { received = worker.pool.take() }
        received.reserve(4096)
        switch socket.read(into: &received) {
        case .bytes: return true
        case .wouldBlock: break
        case .end: end(.closed)
        case .failed: end(.connectionBroken)
        }
        return false
    }

    private func passThrough(_ name: String, to upstream: String) {
        guard let upstream = worker.upstream(named: upstream) else { return end(.internalFailure) }
        worker.handshakes.leave(self)
        state = .over
        let hello = received.takeOut()
        PassthroughConnection.takeOver(
            socket, listener: listener, facts: facts, seat: seat, hello: hello, name: name, upstream: upstream)
    }
}
