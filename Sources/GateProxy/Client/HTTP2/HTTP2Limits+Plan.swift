import GateHTTP2

extension HTTP2Limits {
    /// As a listener's plan has them.
    init(_ listener: ListenerPlan) {
        let plan = listener.http2
        self.init()
        allow(listener.headLimits)
        streams = plan.streamsMax
        streamWindowBytes = plan.streamWindowBytes
        streamWindowBytesMax = max(plan.streamWindowBytes, plan.streamWindowBytesMax)
        connectionWindowBytes = max(plan.connectionWindowBytes, 65_535)
        connectionWindowBytesMax = max(connectionWindowBytes, connectionWindowBytesMax)
        resets = plan.resetsMax
        resetIntervalMs = UInt64(plan.resetsWindowMs)
        headTableBytes = plan.headerTableBytes
        allowsConnect = plan.takesExtendedConnect
    }
}
