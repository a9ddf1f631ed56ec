import CNIOBoringSSL

/// Whether clients have to show a certificate, and whose are believed. Immutable; one value serves all workers.
public final class ClientAuthentication: Sendable {
    public enum Mode: Sendable {
        /// Clients are asked, and may have none; one that is shown must be good.
        case optional
        /// Without a good certificate there is no connection.
        case required
    }

    public let mode: Mode
    public let trust: TrustStore
    /// Intermediate certificates allowed between a client's certificate and an authority's.
    public let depthMax: Int
    /// What it goes by among demands: two of one name accept the same certificates. Empty: it is like no other.
    public let name: String

    /// - Parameter depthMax: 0 to 100.
    public init(mode: Mode, trust: TrustStore, depthMax: Int = 3, name: String = "") {
        precondition((0...100).contains(depthMax))
        self.mode = mode
        self.trust = trust
        self.depthMax = depthMax
        self.name = name
    }

    /// Sets one handshake up to ask for a certificate.
    func apply(to ssl: OpaquePointer) -> Bool {
        let flags = mode == .required ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER
        SSL_set_verify(ssl, flags, nil)
        SSL_set_verify_depth(ssl, Int32(depthMax))
        guard SSL_set1_verify_cert_store(ssl, trust.pointer) == 1 else { return false }
        return setAuthorityNames(ssl)
    }

    /// Tells clients which authorities count, so that they can choose (RFC 8446 §4.2.4).
    private func setAuthorityNames(_ ssl: OpaquePointer) -> Bool {
        trust.authorities.allSatisfy { der in
            var bytes: UnsafePointer<UInt8>? = nil
            return der.withUnsafeBufferPointer { buffer in
                bytes = buffer.baseAddress
                guard let certificate = d2i_X509(nil, &bytes, buffer.count) else { return false }
                defer { X509_free(certificate) }
                return SSL_add_client_CA(ssl, certificate) == 1
            }
        }
    }
}
