import CNIOBoringSSL

/// One worker's way to serve TLS on a listener: its policy as the library wants it, the table of names, the ticket keys.
/// Not thread safe: it belongs to a worker, as do the layers that it makes.
public final class ServerTLSContext {
    public let policy: ServerTLSPolicy
    /// Looked at by each handshake.
    public var names = ServerNames.empty
    /// Looked at by each handshake.
    public var ticketKeys = TicketKeys([.random()])
    /// A handshake for a name that nobody answers to waits (`HandshakeProgress.suspended`) for `names` to change, until
    /// `TLSLayer.resumeWithoutIdentity()` says that it is of no use.
    public var waitsForUnknownNames = false
    private let pointer: OpaquePointer
    /// Of `policy.protocols`, as the library wants them (RFC 7301 §3.1).
    let protocolList: [UInt8]

    /// - Throws: when the library refuses a setting.
    public init(_ policy: ServerTLSPolicy) throws(CertificateError) {
        guard let context = SSL_CTX_new(TLS_method()) else { throw .library("no memory") }
        self.policy = policy
        pointer = context
        protocolList = policy.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        guard Self.setUp(context, policy) else { throw .library(LibraryError.take()?.text ?? "refused") }
        ServerCallbacks.install(on: context)
    }

    deinit { SSL_CTX_free(pointer) }

    /// A layer for a connection that a client has opened; nil when there is no memory.
    public func makeLayer(_ workspace: TLSWorkspace) -> TLSLayer? {
        guard let ssl = SSL_new(pointer) else { return nil }
        SSL_set_accept_state(ssl)
        return TLSLayer(ssl, workspace, server: self)
    }

    private static func setUp(_ context: OpaquePointer, _ policy: ServerTLSPolicy) -> Bool {
        TLSContextSettings.apply(
            to: context, minVersion: policy.minVersion, maxVersion: policy.maxVersion, groups: policy.groups)
            && setTickets(context, policy)
    }

    private static func setTickets(_ context: OpaquePointer, _ policy: ServerTLSPolicy) -> Bool {
        // Tickets only: a table of sessions would be one more thing that grows.
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF)
        if !policy.issuesTickets { SSL_CTX_set_options(context, UInt32(SSL_OP_NO_TICKET)) }
        SSL_CTX_set_timeout(context, UInt32(policy.ticketLifetime))
        SSL_CTX_set_session_psk_dhe_timeout(context, UInt32(policy.ticketLifetime))
        SSL_CTX_set_early_data_enabled(context, policy.acceptsEarlyData && policy.issuesTickets ? 1 : 0)
        return true
    }
}

/// What contexts of both sides have in common.
enum TLSContextSettings {
    static func apply(
        to context: OpaquePointer, minVersion: TLSVersion, maxVersion: TLSVersion, groups: [TLSGroup]
    ) -> Bool {
        let modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        SSL_CTX_set_mode(context, UInt32(modes))
        // As a server: what is wanted most here wins, not what the client names first.
        SSL_CTX_set_options(context, UInt32(SSL_OP_CIPHER_SERVER_PREFERENCE))
        let ids = groups.map(\.rawValue)
        return SSL_CTX_set_min_proto_version(context, minVersion.rawValue) == 1
            && SSL_CTX_set_max_proto_version(context, maxVersion.rawValue) == 1
            && SSL_CTX_set_strict_cipher_list(context, TLSNumbers.cipherSuites) == 1
            && SSL_CTX_set1_group_ids(context, ids, ids.count) == 1
    }
}
