// TLS before the first request: the PROXY header in clear, then the handshake, all within the time to connect.

import GateCore
import GateEngine
import GateTLS

extension HTTP1ServerConnection {
    /// Goes on as far as the socket allows.
    func shakeHands() {
        guard let exchange, sendPreface(), let tls = tls ?? attachTLS() else { return }
        switch tls.handshake(on: socket) {
        case .waiting, .suspended: break
        case .done: usable(exchange)
        case .failed(let failure):
            server.noteFailure(failure)
            fail(EndReason(failure))
        }
    }

    /// What stands before TLS. False while some of it is left, or the connection failed.
    private func sendPreface() -> Bool {
        guard tls == nil, !out.isEmpty else { return true }
        if case .failed = out.flush(to: socket, pool: worker.pool) {
            fail(.connectFailed)
            return false
        }
        return out.isEmpty
    }

    private func attachTLS() -> TLSLayer? {
        guard let layer = server.makeLayer() else {
            fail(.overloaded)
            return nil
        }
        socket.attach(layer)
        tls = layer
        return layer
    }

    /// TLS broke down after the handshake: an alert came, or what is no record, or the connection broke.
    func failed(_ failure: TLSFailure) {
        let isBroken = if case .broken = failure.kind { true } else { false }
        if !isBroken { server.noteFailure(failure) }
        if state == .tunnel { return fail(.serverClosed) }
        guard part == .nothing && input.isEmpty else { return fail(.cutResponse) }
        fail(isBroken ? .serverClosed : EndReason(failure))
    }
}
