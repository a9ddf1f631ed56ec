// Why TLS to a server came to nothing, as exchanges end by it.

import GateTLS

extension EndReason {
    /// protocol_version (RFC 8446 §6).
    private static let versionAlert: UInt8 = 70

    /// The reason for a failure of the server's side.
    init(_ failure: TLSFailure) {
        switch failure.kind {
        case .certificate(let problem): self.init(problem)
        case .nothingInCommon, .alertReceived(Self.versionAlert): self = .serverTLSVersion
        case .alertReceived: self = .serverTLSAlert
        case .closed, .broken, .clearTextHTTP, .noCommonProtocol, .unknownName, .certificateMissing, .protocolViolation,
            .ours:
            self = .serverTLSFailed
        }
    }

    private init(_ problem: TLSFailure.CertificateProblem) {
        switch problem {
        case .expired, .notYetValid: self = .serverCertificateExpired
        case .wrongName: self = .serverCertificateName
        case .unknownIssuer, .selfSigned: self = .serverCertificateIssuer
        case .revoked, .noRevocationList, .unsuitable: self = .serverCertificateUnfit
        }
    }
}
