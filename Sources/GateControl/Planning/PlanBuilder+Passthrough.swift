// Connections that are passed on, as the data plane wants them.

import GateProxy

extension PlanBuilder {
    func passthrough(_ tls: Configuration.ListenerTLS) -> [PassthroughPlan] {
        tls.passthrough.map { PassthroughPlan(names: $0.names, upstream: $0.upstream) }
    }
}
