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
        let nowhere = IPAddress(high: 0, low: 0)
        let builder = PlanBuilder(filters: filters) { _ in [nowhere] }
        return try Explainer.explain(request, by: builder.build(configuration, accessLog: nil).plan)
    }
}
