import CNIOBoringSSL

/// What a list of revoked certificates says of itself (RFC 5280 §5.1).
public struct RevocationListFacts: Sendable, Equatable {
    /// Whose list it is, as `CertificateFacts.subject` has names.
    public let issuer: String
    /// Seconds since 1970 at which a newer list must be there; nil when it does not say.
    public let nextUpdate: Int64?

    /// Reads all lists of a file.
    /// - Throws: when a part of it cannot be read, or there is none.
    public static func all(pem: [UInt8]) throws(CertificateError) -> [RevocationListFacts] {
        let lists = try PEMReader.revocationLists(pem)
        defer { for list in lists { X509_CRL_free(list) } }
        return lists.map { list in
            RevocationListFacts(
                issuer: CertificateFacts.text(X509_CRL_get_issuer(list)),
                nextUpdate: X509_CRL_get0_nextUpdate(list).map { TLSCredential.seconds($0) })
        }
    }
}
