// A client's TLS connection on its way to a server that answers it: an exchange without heads.

import GateCore
import GateEngine
import GateHTTP

extension Exchange {
    /// Finds a server for the connection. The name stands for the host, in logs and for balancing.
    func beginPassthrough(to name: String, by upstream: UpstreamRuntime) {
        isPassthrough = true
        stage = .requestFilters
        startNs = worker.loop.nowNs
        normalized.append(text: name)
        hostCount = normalized.count
        ensureRequestID()
        hold(worker.router)
        route = upstream.plainRoute
        forward(to: upstream)
    }

    /// The server is there, and its side is a tunnel already.
    func passthroughReady() {
        connectNs = worker.loop.nowNs
        if admission != nil { leaveAdmission() }
        stage = .tunnel
        status = EndReason.tunnelClosed.status
        isResponseHeadSent = true
        client?.beginTunnel(self)
    }
}
