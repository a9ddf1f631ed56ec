// HTTP/2 towards clients.

import GateProxy

extension PlanBuilder {
    /// What is agreed on by ALPN (RFC 7301), the most wanted first.
    func applicationProtocols(_ protocols: [Configuration.ClientProtocol]) -> [String] {
        protocols.flatMap { spoken in
            switch spoken {
            case .h1: ["http/1.1", "http/1.0"]
            case .h2: ["h2"]
            }
        }
    }

    func http2(_ settings: Configuration.ListenerHTTP2) -> HTTP2Plan {
        var plan = HTTP2Plan()
        plan.streamsMax = settings.streamsMax
        plan.streamWindowBytes = settings.streamWindowBytes
        plan.streamWindowBytesMax = settings.streamWindowBytesMax
        plan.connectionWindowBytes = settings.connectionWindowBytes
        plan.resetsMax = settings.resetsMax
        plan.resetsWindowMs = settings.resetsWithinMs
        plan.headerTableBytes = settings.headerTableBytes
        plan.takesExtendedConnect = settings.offersWebSocket
        return plan
    }
}
