// Servers that come and go while a plan stays.

extension WorkerGroup {
    /// Has every worker take the servers of these upstreams over, without waiting. All else of their plans stays.
    public func follow(_ upstreams: [UpstreamPlan]) {
        post { worker in
            for plan in upstreams { worker.upstream(named: plan.name)?.follow(plan) }
        }
    }
}
