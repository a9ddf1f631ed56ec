public import GateControl
import GateCore
public import GateProxy

extension Proxy {
    /// What would become of a request by a configuration, and why. Nothing listens and nothing is sent; servers' names are not
    /// looked up.
    /// - Throws: `ExplainFailure`.
    public static func explain(
        _ request: ExplainedRequest, by configuration: Configuration, filters: [any FilterFactory] = []
    ) throws(ExplainFailure) -> Explanation {
        let builder = PlanBuilder(filters: filters, names: nowhere)
        return try Explainer.explain(request, by: builder.build(configuration, accessLog: nil).plan)
    }

    /// A server has some address, so that it counts.
    @Sendable
    private static func nowhere(_ name: ServiceName) -> NameAnswer? {
        let address = IPAddress(high: 0, low: 0)
        switch name {
        case .host: return .addresses([address])
        case .service(let name):
            return .services([ServicePlace(priority: 0, weight: 1, host: name, port: 80, addresses: [address])])
        }
    }
}
