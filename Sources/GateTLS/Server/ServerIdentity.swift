/// Who Gatehouse is for a set of names: what it shows, and what it asks for in return.
///
/// Requests for two names may share a connection only if both names have the same identity, or equal demands and a
/// certificate that covers both (RFC 9110 §7.4, §15.5.20).
public final class ServerIdentity: Sendable {
    /// The most wanted first. Which one is used depends on the signatures that a client can verify.
    public let credentials: [TLSCredential]
    /// Above the listener's own minimum.
    public let minVersion: TLSVersion?
    /// In place of the listener's own.
    public let clientAuthentication: ClientAuthentication?
    /// Sessions made under one value are not resumed under another, so that nobody gets past a demand by
    /// resuming what was begun where there was none.
    public let sessionScope: [UInt8]

    /// - Parameter sessionScope: at most 32 bytes.
    public init(
        credentials: [TLSCredential], minVersion: TLSVersion? = nil, clientAuthentication: ClientAuthentication? = nil,
        sessionScope: [UInt8] = []
    ) {
        precondition(sessionScope.count <= 32)
        self.credentials = credentials
        self.minVersion = minVersion
        self.clientAuthentication = clientAuthentication
        self.sessionScope = sessionScope
    }
}
