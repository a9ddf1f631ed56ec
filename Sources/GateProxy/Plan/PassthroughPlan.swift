/// Names whose TLS is not ended here: connections that ask for them go to an upstream as they are.
public struct PassthroughPlan: Sendable, Equatable {
    /// Names in lower case: `example.com`, `*.example.com` for any one label or more in front, or `*` for every name.
    public var names: [String]
    /// The name of an upstream in the plan. Its servers are spoken to in clear text: the TLS inside is the client's.
    public var upstream: String

    public init(names: [String], upstream: String) {
        self.names = names
        self.upstream = upstream
    }
}
