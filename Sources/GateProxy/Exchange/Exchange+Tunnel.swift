// After 101: bytes both ways, nobody reads them.

import GateCore
import GateEngine
import GateHTTP

extension Exchange {
    /// Whether the client's handshake is one that a WebSocket server would take. A server that speaks HTTP/2 sees neither method
    /// nor key of it (RFC 6455 §4.2.1, RFC 8441 §5).
    var hasSoundHandshake: Bool {
        guard ASCII.matches(upgradeToken.span, "websocket") else { return true }
        guard request.method == .get, let key = request.first(.secWebSocketKey) else { return false }
        return WebSocketKey.isSound(requestValue(key))
    }

    /// Whether the 101 names the protocol that was asked for (RFC 9110 §7.8).
    var isUpgradeConfirmed: Bool {
        guard upgradeField != nil, let answered = response.first(.upgrade) else { return false }
        let token = upgradeToken
        return ASCII.equalsIgnoringCase(token.span, responseValue(answered)) && isKeyAnswered
    }

    /// A client of another version cannot see for itself that its server has understood (RFC 6455 §4.1).
    private var isKeyAnswered: Bool {
        if webSocketKey.isEmpty { return true }
        let (name, wanted) = (WebSocketKey.acceptField, WebSocketKey.accept(for: webSocketKey))
        guard let answered = response.first(named: name.span) else { return false }
        return ASCII.equals(wanted.span, responseValue(answered))
    }

    /// `response` holds the 101; the server's side is a tunnel already.
    func beginTunnel() {
        firstByteNs = worker.loop.nowNs
        if admission != nil { leaveAdmission() }
        releaseReplay()
        stage = .tunnel
        // What the client is told: extended CONNECT succeeds with 200 (RFC 8441 §5), an upgrade with 101.
        status = isExtendedConnect ? 200 : 101
        isResponseHeadSent = true
        _ = HopByHop.strip(&response)
        client?.beginTunnel(self)
    }

    func tunnelFromClient(_ bytes: Span<UInt8>) -> Flow {
        requestBodyBytes &+= bytes.count
        let flow = server?.sendTunnel(bytes) ?? .full
        if flow == .full { isServerFull = true }
        return flow
    }

    func tunnelFromServer(_ bytes: Span<UInt8>) -> Flow {
        responseBodyBytes &+= bytes.count
        return client?.sendTunnel(bytes) ?? .full
    }

    /// The client will say no more; the server may.
    func tunnelClientEnded() {
        server?.flush()
        server?.endTunnel()
    }

    /// Nothing waits for the server any more.
    func serverSentAll() { client?.tunnelMaybeOver() }

    /// The server will say no more; the client may.
    func tunnelServerEnded() { client?.endTunnel() }

    /// Nobody said anything for too long.
    func tunnelTimedOut() {
        reason = .tunnelTimeout
        dropServer()
        client?.abort()
    }

    /// One side is gone.
    func tunnelEnded(_ reason: EndReason) {
        self.reason = reason
        server = nil
        attemptEnded()
        client?.abort()
    }
}
