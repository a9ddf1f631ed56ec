// Extended CONNECT (RFC 8441): after 200 the stream's DATA is the new protocol's, both ways.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

extension HTTP2ClientStream {
    /// Makes of the extended CONNECT what other versions mean by an upgrade; false where the protocol is none that we know
    /// how to ask for.
    func settleTunnel(_ exchange: Exchange) -> Bool {
        let range = facts.protocolRange
        guard ASCII.matches(exchange.request.received.span.extracting(range), "websocket") else { return false }
        exchange.isExtendedConnect = true
        let start = exchange.request.received.count
        exchange.request.received.append("GET")
        exchange.request.method = .get
        exchange.request.methodRange = start..<(start + 3)
        exchange.request.appendReceived(
            FieldRecord(name: 0..<0, known: .upgrade, value: range, flags: .removed))
        exchange.upgradeField = exchange.request.fieldCount - 1
        let (name, key) = (WebSocketKey.field, WebSocketKey.make())
        exchange.request.set(named: name.span, key.span)
        exchange.webSocketKey = key
        return true
    }

    func beginTunnel(_ exchange: Exchange) {
        isTunnel = true
        let key = WebSocketKey.acceptField
        exchange.response.remove(named: key.span)
        writeHead(exchange, status: 200, isEnd: false)
        touchTunnel()
        resumeRequestBody()
        connection.later()
    }

    /// Either side said something.
    func touchTunnel() {
        tunnelDueMs = worker.loop.due(exchange?.route?.serverTimeouts.tunnelMs ?? 0)
        if tunnelDueMs != .max { connection.noteDue(tunnelDueMs) }
    }

    /// Whether the server takes more.
    func passTunnel(_ bytes: Span<UInt8>, _ exchange: Exchange) -> Bool {
        touchTunnel()
        return exchange.tunnelFromClient(bytes) == .open
    }

    func sendTunnel(_ bytes: Span<UInt8>) -> Flow {
        guard isTunnel else { return .open }
        touchTunnel()
        return sendBody(bytes)
    }

    func endTunnel() {
        guard isTunnel, !isTunnelWriteOver else { return }
        isTunnelWriteOver = true
        if bodyOut.isEmpty { endWriting() }
        tunnelMaybeOver()
    }

    /// What waited for the client is gone.
    func tunnelDrained() {
        if isTunnelWriteOver { endWriting() } else { reportDrained() }
        tunnelMaybeOver()
    }

    private func endWriting() {
        guard !isEndSent else { return }
        isEndSent = true
        connection.prepareOut()
        connection.core.sendEnd(index, into: &connection.out)
        connection.later()
    }

    /// Both sides have said all.
    func tunnelMaybeOver() {
        guard isTunnel, isRequestPassed, isEndSent, let exchange, !(exchange.server?.hasUnsent ?? false) else { return }
        borrowedExchange = nil
        exchange.reason = .tunnelClosed
        exchange.end()
        release()
    }
}
