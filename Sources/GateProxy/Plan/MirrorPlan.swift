/// A second upstream that gets copies of a route's requests. Its answers are thrown away.
public struct MirrorPlan: Sendable, Equatable {
    /// Its index in the plan.
    public var upstream: Int
    /// Of the requests, in percent.
    public var sharePercent: Int
    /// A request with a larger body is not copied.
    public var bodyBytesMax: Int
    /// Copies under way on one worker; further ones are left out.
    public var inFlightMax: Int

    public init(upstream: Int, sharePercent: Int = 100, bodyBytesMax: Int = 64 << 10, inFlightMax: Int = 100) {
        self.upstream = upstream
        self.sharePercent = sharePercent
        self.bodyBytesMax = bodyBytesMax
        self.inFlightMax = inFlightMax
    }
}
