import CGateLinux
import CNIOBoringSSL

/// Why a handshake or a connection ended, for logs and counters. Clients are told no more than the alert.
public struct TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of end it was.
    public enum Kind: Equatable, Sendable {
        /// The other side closed the connection without a word.
        case closed
        /// The connection broke; the errno says how.
        case broken(Int32)
        /// The other side sent a fatal alert (RFC 8446 §6.2).
        case alertReceived(UInt8)
        /// Clear-text HTTP came where a handshake should have begun.
        case clearTextHTTP
        /// No version, or no suite, that both sides have.
        case nothingInCommon
        /// None of the client's application protocols is offered here (RFC 7301 §3.2).
        case noCommonProtocol
        /// Nobody has a certificate for the name that was asked for (RFC 6066 §3).
        case unknownName
        /// A certificate was demanded, and none came.
        case certificateMissing
        /// The peer's certificate was refused.
        case certificate(CertificateProblem)
        /// The other side broke a rule of the protocol.
        case protocolViolation
        /// Something of ours failed: memory, a key that cannot sign.
        case ours
    }

    /// What is wrong with a peer's certificate.
    public enum CertificateProblem: Equatable, Sendable {
        case expired, notYetValid, wrongName, unknownIssuer, selfSigned, revoked, noRevocationList
        /// Not made for what it is used for, a chain that is too long, a weak signature and the like.
        case unsuitable
    }

    public let kind: Kind
    /// The library's own words, or the verifier's.
    public let detail: String

    public init(_ kind: Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }

    public var description: String { detail.isEmpty ? words : "\(words) (\(detail))" }

    private var words: String {
        switch kind {
        case .closed: "the other side closed the connection"
        case .broken(let code): "the connection broke: \(String(cString: strerror(code)))"
        case .alertReceived(let number): "the other side sent the alert \(Self.alertName(number))"
        case .clearTextHTTP: "HTTP in clear text"
        case .nothingInCommon: "no version or cipher suite in common"
        case .noCommonProtocol: "no application protocol in common"
        case .unknownName: "no certificate for the name"
        case .certificateMissing: "no certificate came"
        case .certificate(let problem): Self.words(problem)
        case .protocolViolation: "not as the protocol wants it"
        case .ours: "an error of our own"
        }
    }

    private static func words(_ problem: CertificateProblem) -> String {
        switch problem {
        case .expired: "the certificate has expired"
        case .notYetValid: "the certificate is not valid yet"
        case .wrongName: "the certificate is for another name"
        case .unknownIssuer: "the certificate's issuer is not known"
        case .selfSigned: "the certificate is signed by itself and not known"
        case .revoked: "the certificate was revoked"
        case .noRevocationList: "there is no current revocation list of the certificate's issuer"
        case .unsuitable: "the certificate is not fit for this use"
        }
    }

    /// An alert's name as RFC 8446 §6 spells it.
    static func alertName(_ number: UInt8) -> String {
        guard let text = SSL_alert_desc_string_long(Int32(number)) else { return "\(number)" }
        return "\(String(cString: text)) (\(number))"
    }
}

extension TLSFailure {
    /// From the library's queue of errors and, where a certificate was looked at, the verifier's result.
    init(_ error: LibraryError?, verifyResult: Int) {
        guard let error else {
            self.init(.ours)
            return
        }
        self.init(Self.kind(error, verifyResult), detail: Self.detail(error, verifyResult))
    }

    private static func detail(_ error: LibraryError, _ verifyResult: Int) -> String {
        guard error.library == Int32(ERR_LIB_SSL), error.reason == SSL_R_CERTIFICATE_VERIFY_FAILED,
            let words = X509_verify_cert_error_string(verifyResult)
        else { return error.text }
        return String(cString: words)
    }

    private static func kind(_ error: LibraryError, _ verifyResult: Int) -> Kind {
        guard error.library == Int32(ERR_LIB_SSL) else { return .protocolViolation }
        if error.reason >= SSL_AD_REASON_OFFSET, error.reason < SSL_AD_REASON_OFFSET + 256 {
            return .alertReceived(UInt8(error.reason - SSL_AD_REASON_OFFSET))
        }
        // Memory, an overflow, a state that should not be.
        if error.reason & ERR_R_FATAL != 0, error.reason < 100 { return .ours }
        switch error.reason {
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: return .clearTextHTTP
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SHARED_GROUP,
            SSL_R_NO_COMMON_SIGNATURE_ALGORITHMS, SSL_R_UNKNOWN_PROTOCOL, SSL_R_INAPPROPRIATE_FALLBACK:
            return .nothingInCommon
        case SSL_R_NO_APPLICATION_PROTOCOL: return .noCommonProtocol
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return .certificateMissing
        case SSL_R_CERTIFICATE_VERIFY_FAILED: return .certificate(problem(verifyResult))
        case SSL_R_NO_CERTIFICATE_SET, SSL_R_NO_PRIVATE_KEY_ASSIGNED, SSL_R_PRIVATE_KEY_OPERATION_FAILED: return .ours
        default: return .protocolViolation
        }
    }

    private static func problem(_ verifyResult: Int) -> CertificateProblem {
        switch Int32(verifyResult) {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .wrongName
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
            .unknownIssuer
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: .selfSigned
        case X509_V_ERR_CERT_REVOKED: .revoked
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID: .noRevocationList
        default: .unsuitable
        }
    }
}
