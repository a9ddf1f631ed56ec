public import GateTLS

/// Where certificates and ticket keys go: the workers. The first two return when every worker has what it was given.
public struct CertificateOutlet: Sendable {
    /// Takes tables of names, by `ListenerPlan.key`.
    public var setNames: @Sendable ([String: ServerNames]) -> Void
    /// Takes keys of session tickets, by `ListenerPlan.key`.
    public var setTicketKeys: @Sendable ([String: TicketKeys]) -> Void
    /// Hears that files about the TLS of servers have changed. False: not now; it is told again soon. It must not wait for
    /// anybody who may be waiting for the service.
    public var serverFilesChanged: @Sendable () -> Bool

    /// Puts one together.
    public init(
        setNames: @escaping @Sendable ([String: ServerNames]) -> Void,
        setTicketKeys: @escaping @Sendable ([String: TicketKeys]) -> Void,
        serverFilesChanged: @escaping @Sendable () -> Bool = { true }
    ) {
        self.setNames = setNames
        self.setTicketKeys = setTicketKeys
        self.serverFilesChanged = serverFilesChanged
    }
}
