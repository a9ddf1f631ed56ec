// The last word to a client that gets no connection. It may still be sending; closing at once would make a reset of it,
// and the client might never read what we said (RFC 9112 §9.6).

import GateCore
import GateEngine

extension ClientArrival {
    private static let lingerMsMax = 1000
    private static let lingerBytesMax = 64 << 10

    /// To a client that speaks HTTP where TLS is spoken.
    private static let clearTextAnswer = Array(
        ("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 48\r\nConnection: close\r\n\r\n"
            + "Client sent an HTTP request to an HTTPS server.\n").utf8)

    func sayClearText() {
        Self.clearTextAnswer.withUnsafeBytes { _ = socket.writeDescriptor($0, more: false) }
    }

    /// Waits until the client has read what was said, for a short time.
    func beginLingering() {
        worker.handshakes.leave(self)
        state = .lingering
        setDeadline(min(max(listener.plan.timeouts.lingerMs, 1), Self.lingerMsMax))
        socket.shutdownWrite()
        linger()
    }

    /// Throws away what comes. The layer lies not between yet: these are the descriptor's own bytes.
    func linger() {
        while state == .lingering && socket.isDescriptorReadable {
            var room = worker.takeScratch()
            let result = socket.read(into: &room)
            worker.giveScratch(room)
            switch result {
            case .bytes(let count):
                lingeredBytes += count
                if lingeredBytes > Self.lingerBytesMax { close() }
            case .wouldBlock: return
            case .end, .failed: close()
            }
        }
    }
}
