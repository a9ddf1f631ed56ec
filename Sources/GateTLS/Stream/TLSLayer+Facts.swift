// What is known of the connection. Asked for now and then, so nothing is kept beside the library's own record.

import CNIOBoringSSL

extension TLSLayer {
    /// The name that the client asked for, as it spelled it (RFC 6066 §3); nil without one. For connections to servers the
    /// name that was sent.
    public var serverName: String? {
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    /// What both sides speak, by ALPN (RFC 7301); nil when there was no talk of it.
    public var negotiatedProtocol: String? {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &bytes, &count)
        guard count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// Nil before a version is agreed on.
    public var version: TLSVersion? { TLSVersion(rawValue: UInt16(truncatingIfNeeded: SSL_version(ssl))) }

    /// By the name of the IANA's registry, such as `TLS_AES_128_GCM_SHA256`; empty before one is agreed on.
    public var cipherSuite: String {
        guard let cipher = SSL_get_current_cipher(ssl),
            let name = SSL_CIPHER_standard_name(cipher)
        else { return "" }
        return String(cString: name)
    }

    /// The group of the key exchange; nil when there was none, or another.
    public var group: TLSGroup? { TLSGroup(rawValue: SSL_get_group_id(ssl)) }

    /// The session goes on from an earlier connection.
    public var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// What was asked of the client as to certificates; nil: nothing.
    public var clientAuthentication: ClientAuthentication? {
        guard let server, let identity else { return nil }
        return identity.clientAuthentication ?? server.policy.clientAuthentication
    }

    /// What is read at the moment came as early data: it may be a recording (RFC 8446 §8).
    public var isInEarlyData: Bool { SSL_in_early_data(ssl) == 1 }

    /// The other side has proved that it is there now. Until then what was read may be a recording.
    public var isHandshakeConfirmed: Bool { isEstablished && SSL_in_init(ssl) == 0 }

    /// The DER of the certificates that the other side showed, its own first; empty if it showed none. They were verified
    /// if there was anything to verify them with.
    public var peerCertificateChain: [[UInt8]] {
        guard let stack = SSL_get0_peer_certificates(ssl) else { return [] }
        return (0..<sk_CRYPTO_BUFFER_num(stack)).map { index in
            let buffer = sk_CRYPTO_BUFFER_value(stack, index)
            return Array(
                UnsafeBufferPointer(
                    start: CRYPTO_BUFFER_data(buffer), count: CRYPTO_BUFFER_len(buffer)))
        }
    }
}
