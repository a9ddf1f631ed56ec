public import GateTLS

/// Where certificates and ticket keys go: the workers. Both calls return when every worker has what it was given.
public struct CertificateOutlet: Sendable {
    /// Takes tables of names, by `ListenerPlan.key`.
    public var setNames: @Sendable ([String: ServerNames]) -> Void
    /// Takes keys of session tickets, by `ListenerPlan.key`.
    public var setTicketKeys: @Sendable ([String: TicketKeys]) -> Void

    /// Puts one together.
    public init(
        setNames: @escaping @Sendable ([String: ServerNames]) -> Void,
        setTicketKeys: @escaping @Sendable ([String: TicketKeys]) -> Void
    ) {
        self.setNames = setNames
        self.setTicketKeys = setTicketKeys
    }
}
