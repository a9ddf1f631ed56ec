// Options as BoringSSL takes them. A test that asks for what there is not gets an error, not something else.

internal import CNIOBoringSSL

extension RawTLSOptions {
    /// What holds for the context.
    func apply(to context: OpaquePointer) throws {
        SSL_CTX_set_min_proto_version(context, versions.lowerBound.rawValue)
        SSL_CTX_set_max_proto_version(context, versions.upperBound.rawValue)
        if let suites { try check(SSL_CTX_set_strict_cipher_list(context, suites), "suites \(suites)") }
        if let groups { try check(SSL_CTX_set1_groups_list(context, groups), "groups \(groups)") }
        if let chain, let key { try use(chain, key, context) }
        if let roots { try trust(roots, context) }
        if let ticketKey {
            try check(SSL_CTX_set_tlsext_ticket_keys(context, ticketKey, ticketKey.count), "ticket key")
        }
        // A server that asks for certificates resumes only what was begun for the same purpose.
        if isServer { SSL_CTX_set_session_id_context(context, [1], 1) }
        if usesEarlyData { SSL_CTX_set_early_data_enabled(context, 1) }
    }

    /// What holds for the connection.
    func apply(to ssl: OpaquePointer, of context: OpaquePointer) throws {
        SSL_enable_ocsp_stapling(ssl)
        if let signatures { try check(SSL_set1_sigalgs_list(ssl, signatures), "signatures \(signatures)") }
        if let serverName, !isServer {
            try check(SSL_set_tlsext_host_name(ssl, serverName), "server name")
            if roots != nil { try check(SSL_set1_host(ssl, serverName), "expected name") }
        }
        if !protocols.isEmpty { try offer(protocols, ssl) }
        if let session { try resume(session, ssl, context) }
    }

    private func check(_ result: Int32, _ what: String) throws {
        guard result == 1 else { throw WireFailure(.tls("unusable \(what)")) }
    }

    /// RFC 7301 §3.1: each name behind its length.
    private func offer(_ names: [String], _ ssl: OpaquePointer) throws {
        let list = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        // 0 is success here.
        guard SSL_set_alpn_protos(ssl, list, list.count) == 0 else { throw WireFailure(.tls("unusable protocols")) }
    }

    private func resume(_ session: RawTLSSession, _ ssl: OpaquePointer, _ context: OpaquePointer) throws {
        let restored = SSL_SESSION_from_bytes(session.bytes, session.bytes.count, context)
        guard let restored else { throw WireFailure(.tls("unusable session")) }
        defer { SSL_SESSION_free(restored) }
        try check(SSL_set_session(ssl, restored), "session")
    }

    private func use(_ chain: String, _ key: String, _ context: OpaquePointer) throws {
        for (index, certificate) in try Self.certificates(chain).enumerated() {
            defer { X509_free(certificate) }
            let result =
                index == 0
                ? SSL_CTX_use_certificate(context, certificate) : SSL_CTX_add1_chain_cert(context, certificate)
            try check(result, "certificate")
        }
        let parsed = Self.withMemory(key) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        defer { EVP_PKEY_free(parsed) }
        try check(SSL_CTX_use_PrivateKey(context, parsed), "key")
    }

    private func trust(_ roots: String, _ context: OpaquePointer) throws {
        let store = SSL_CTX_get_cert_store(context)
        for certificate in try Self.certificates(roots) {
            defer { X509_free(certificate) }
            try check(X509_STORE_add_cert(store, certificate), "root")
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }

    /// The certificates of a PEM text, at least one.
    private static func certificates(_ text: String) throws -> [OpaquePointer] {
        let all = withMemory(text) { memory in
            var all: [OpaquePointer] = []
            while let next = PEM_read_bio_X509(memory, nil, nil, nil) { all.append(next) }
            return all
        }
        guard !all.isEmpty else { throw WireFailure(.tls("no certificate")) }
        return all
    }

    private static func withMemory<Result>(_ text: String, _ body: (OpaquePointer?) -> Result) -> Result {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in
            let memory = BIO_new_mem_buf(bytes.baseAddress, bytes.count)
            defer { BIO_free(memory) }
            return body(memory)
        }
    }
}
