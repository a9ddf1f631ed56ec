/// Whoever answers the questions with which an authority checks that a name is ours: the proxy's workers.
///
/// A call returns when every worker knows; only then the authority is asked to look.
public protocol ChallengeResponder: Sendable {
    /// Answers `GET /.well-known/acme-challenge/TOKEN` in clear text with the key authorisation (RFC 8555 §8.3).
    func present(token: String, keyAuthorization: String) async throws

    /// Forgets a token.
    func withdraw(token: String) async

    /// Shows a certificate to clients that ask for its name with the protocol `acme-tls/1` alone (RFC 8737 §3).
    func present(_ certificate: ChallengeCertificate) async throws

    /// Forgets the certificate for that server name.
    func withdraw(serverName: String) async
}

/// The certificate that answers a TLS-ALPN-01 challenge. It is not for ordinary clients.
public struct ChallengeCertificate: Sendable, Equatable {
    /// The name by which the authority asks for it (SNI): the domain, or for an address its name in `in-addr.arpa` or
    /// `ip6.arpa` (RFC 8738 §6).
    public let serverName: String
    /// The self-signed certificate, in PEM.
    public let certificatePEM: String
    /// Its private key, in PEM.
    public let keyPEM: String

    /// Puts one together.
    public init(serverName: String, certificatePEM: String, keyPEM: String) {
        self.serverName = serverName
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }
}
