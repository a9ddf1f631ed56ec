import CNIOBoringSSL

/// Certificates of authorities that are believed, and what they have revoked. Immutable; one value serves all workers.
public final class TrustStore: Sendable {
    // Safe: the library guards a store with a lock of its own, and nothing is added once it is made.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// The DER of each authority's certificate.
    public let authorities: [[UInt8]]

    /// - Parameters:
    ///   - authoritiesPEM: the authorities' certificates, one after another.
    ///   - revocationListsPEM: with it, each certificate below an authority must have a current list of its issuer, and
    ///     not be on it (RFC 5280 §6.3). Empty: nobody asks.
    /// - Throws: when a part cannot be read.
    public init(authoritiesPEM: [UInt8], revocationListsPEM: [UInt8] = []) throws(CertificateError) {
        let certificates = try PEMReader.certificates(authoritiesPEM)
        defer { for certificate in certificates { X509_free(certificate) } }
        let lists = revocationListsPEM.isEmpty ? [] : try PEMReader.revocationLists(revocationListsPEM)
        defer { for list in lists { X509_CRL_free(list) } }
        guard let store = X509_STORE_new() else { throw .library("no memory") }
        pointer = store
        for certificate in certificates { X509_STORE_add_cert(store, certificate) }
        for list in lists { X509_STORE_add_crl(store, list) }
        if !lists.isEmpty { X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK)) }
        LibraryError.clear()
        authorities = certificates.map(TLSCredential.der)
    }

    deinit { X509_STORE_free(pointer) }
}
