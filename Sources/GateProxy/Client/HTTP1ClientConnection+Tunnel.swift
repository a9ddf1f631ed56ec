// After 101: whatever the client says goes to the server, and the other way round.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1

extension HTTP1ClientConnection {
    func beginTunnel(_ exchange: Exchange) {
        isPersistent = false
        out.prepare(worker.pool)
        writeStatusLine101(exchange)
        state = .tunnel
        isBodyPaused = false
        touchTunnel()
        flush()
        if state == .tunnel { socket.later() }
    }

    private func writeStatusLine101(_ exchange: Exchange) {
        out.buffer.append("HTTP/1.1 101 Switching Protocols\r\n")
        HeadWriter.fields(exchange.response, into: &out.buffer)
        out.buffer.append("Connection: upgrade\r\nUpgrade: ")
        let token = exchange.upgradeToken
        out.buffer.append(token.span)
        out.buffer.append("\r\n\r\n")
    }

    /// Either side said something.
    func touchTunnel() {
        socket.setDeadline(worker.loop.due(exchange?.route?.serverTimeouts.tunnelMs ?? 0))
    }

    func takeTunnel(_ bytes: Span<UInt8>, _ at: Int) -> Int? {
        guard !isBodyPaused, let exchange else { return nil }
        touchTunnel()
        if exchange.tunnelFromClient(bytes.extracting(at..<bytes.count)) == .full { isBodyPaused = true }
        return bytes.count
    }

    func sendTunnel(_ bytes: Span<UInt8>) -> Flow {
        guard state == .tunnel else { return .open }
        touchTunnel()
        let result = out.add(bytes, asChunk: false, to: socket, pool: worker.pool)
        if case .failed = result {
            isBroken = true
            socket.later()
            return .full
        }
        if socket.isWritable { return .open }
        owesDrained = true
        return .full
    }

    func endTunnel() {
        guard state == .tunnel else { return }
        isTunnelWriteOver = true
        if out.isEmpty { socket.shutdownWrite() }
        tunnelMaybeOver()
    }

    /// Both sides have said all.
    func tunnelMaybeOver() {
        guard state == .tunnel, isTunnelReadOver, isTunnelWriteOver, out.isEmpty, let exchange,
            !(exchange.server?.hasUnsent ?? false)
        else { return }
        self.exchange = nil
        exchange.reason = .tunnelClosed
        exchange.end()
        close()
    }
}
