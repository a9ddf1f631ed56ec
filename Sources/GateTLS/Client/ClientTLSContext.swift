// Connections to servers: what the library must know before it speaks, and whom it believes.

internal import CNIOBoringSSL

/// Makes the TLS of connections to servers. Immutable, so that any number of threads may share one.
public final class ClientTLSContext: Sendable {
    /// Certificates between a server's own and a trusted one.
    private static let chainDepthMax: Int32 = 8

    public let settings: ClientTLSSettings
    // Safe: set up in `init` and never changed afterwards; the library counts references atomically.
    nonisolated(unsafe) private let pointer: OpaquePointer

    /// - Throws: when the library refuses a setting.
    public init(_ settings: ClientTLSSettings) throws(CertificateError) {
        guard let context = SSL_CTX_new(TLS_method()) else { throw .library("no memory") }
        self.settings = settings
        pointer = context
        guard Self.setUp(context, settings) else { throw .library(LibraryError.take()?.text ?? "refused") }
    }

    deinit { SSL_CTX_free(pointer) }

    private static func setUp(_ context: OpaquePointer, _ settings: ClientTLSSettings) -> Bool {
        setVerification(context, settings) && setCredential(context, settings) && setSessions(context, settings)
            && TLSContextSettings.apply(
                to: context, minVersion: settings.minVersion, maxVersion: settings.maxVersion, groups: settings.groups)
    }

    private static func setVerification(_ context: OpaquePointer, _ settings: ClientTLSSettings) -> Bool {
        guard let trust = settings.trust else {
            SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
            return true
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_set_verify_depth(context, chainDepthMax)
        let parameters = SSL_CTX_get0_param(context)
        // Whatever stands among the trusted is trusted, an intermediate or a server's own certificate as well as a root.
        return X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1
            && SSL_CTX_set1_verify_cert_store(context, trust.pointer) == 1
    }

    private static func setCredential(_ context: OpaquePointer, _ settings: ClientTLSSettings) -> Bool {
        guard let credential = settings.credential else { return true }
        return SSL_CTX_add1_credential(context, credential.pointer) == 1
    }

    private static func setSessions(_ context: OpaquePointer, _ settings: ClientTLSSettings) -> Bool {
        guard settings.resumes else {
            SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF)
            return true
        }
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT)
        SSL_CTX_sess_set_new_cb(context) { ssl, session in
            guard let session, let sessions = TLSLayer.of(ssl)?.sessions else { return 0 }
            sessions.add(session)
            return 1
        }
        return true
    }

    /// A layer for a connection that has been opened to a server; nil when there is no memory.
    /// - Parameters:
    ///   - name: who the server must be.
    ///   - protocols: offered by ALPN (RFC 7301), each of 1 to 255 bytes.
    ///   - sessions: of this server, this name and this context alone.
    public func makeLayer(
        _ workspace: TLSWorkspace, to name: TLSServerName, protocols: [String], sessions: TLSSessions?
    ) -> TLSLayer? {
        guard let ssl = SSL_new(pointer) else { return nil }
        SSL_set_connect_state(ssl)
        guard setName(name, ssl), Self.offer(protocols, ssl) else {
            SSL_free(ssl)
            return nil
        }
        if settings.resumes, let session = sessions?.take() {
            SSL_set_session(ssl, session)
            SSL_SESSION_free(session)
        }
        let layer = TLSLayer(ssl, workspace, server: nil)
        layer.sessions = sessions
        return layer
    }

    private func setName(_ name: TLSServerName, _ ssl: OpaquePointer) -> Bool {
        if let sni = name.sni, SSL_set_tlsext_host_name(ssl, sni) != 1 { return false }
        guard settings.trust != nil else { return true }
        let parameters = SSL_get0_param(ssl)
        X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        switch name.verified {
        case .name(let text): return X509_VERIFY_PARAM_set1_host(parameters, text, text.utf8.count) == 1
        case .address(let address): return X509_VERIFY_PARAM_set1_ip_asc(parameters, "\(address)") == 1
        }
    }

    private static func offer(_ protocols: [String], _ ssl: OpaquePointer) -> Bool {
        let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        // This call of the library's says 0 when it has succeeded.
        return list.isEmpty || SSL_set_alpn_protos(ssl, list, list.count) == 0
    }
}

extension ClientTLSContext: Equatable {
    /// Contexts are equal if their settings are.
    public static func == (a: ClientTLSContext, b: ClientTLSContext) -> Bool { a === b || a.settings == b.settings }
}
