// What is asked of an OCSP responder about one certificate, and whether an answer may be believed (RFC 6960).

internal import Crypto
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// Why a certificate has no staple.
enum OCSPFailure: Error, Equatable, CustomStringConvertible {
    /// The issuer's certificate is not in the chain, so that nothing can be checked.
    case noIssuer
    /// The bytes are no OCSP response.
    case malformed
    /// The responder answers with an error of its own, `tryLater` say (RFC 6960 §4.2.1).
    case refused(Int)
    /// The answer is about another certificate.
    case otherCertificate
    /// Nobody who may has signed it.
    case badSignature
    /// It is not valid any more, or not yet.
    case outOfDate
    /// The certificate is revoked.
    case revoked
    /// The responder knows no such certificate.
    case unknownCertificate

    var description: String {
        switch self {
        case .noIssuer: "the issuer's certificate is not in the chain"
        case .malformed: "it is no OCSP response (RFC 6960)"
        case .refused(let status): "the responder refuses to answer (status \(status))"
        case .otherCertificate: "it is about another certificate"
        case .badSignature: "neither the issuer nor somebody it has authorised has signed it"
        case .outOfDate: "it is out of date"
        case .revoked: "it says that the certificate is revoked"
        case .unknownCertificate: "it says that the responder does not know the certificate"
        }
    }
}

/// From when to when an answer counts, in seconds since 1970.
struct OCSPValidity: Equatable, Sendable {
    var from: Int64
    var until: Int64
}

/// A certificate as responders know it, and who may speak for it.
struct OCSPQuestion: Sendable {
    let issuer: Certificate
    let serial: ArraySlice<UInt8>
    private let issuerNameHash: [UInt8]
    private let issuerKeyHash: [UInt8]

    /// An answer without an end counts for so long.
    private static let openEndSeconds: Int64 = 86_400
    /// Clocks of responders may be ahead of ours by so much.
    private static let skewSeconds: Int64 = 300

    /// - Parameter chain: the certificate, then its issuer.
    /// - Throws: `OCSPFailure.noIssuer`.
    init(chain: [Certificate]) throws {
        guard chain.count > 1, chain[0].issuer == chain[1].subject else { throw OCSPFailure.noIssuer }
        issuer = chain[1]
        serial = chain[0].serialNumber.bytes
        var name = DER.Serializer()
        try name.serialize(chain[0].issuer)
        issuerNameHash = Array(Insecure.SHA1.hash(data: name.serializedBytes))
        issuerKeyHash = Array(Insecure.SHA1.hash(data: Array(issuer.publicKey.subjectPublicKeyInfoBytes)))
    }

    /// Where a certificate wants to be asked after, by HTTP; nil if nowhere (RFC 5280 §4.2.2.1).
    static func responder(of certificate: Certificate) -> String? {
        let access = (try? certificate.extensions.authorityInformationAccess) ?? nil
        for description in access ?? AuthorityInformationAccess() where description.method == .ocspServer {
            if case .uniformResourceIdentifier(let url) = description.location, url.hasPrefix("http://") { return url }
        }
        return nil
    }

    /// The request in DER (RFC 6960 §4.1.1). Without a nonce, so that responders may answer from a cache, and with SHA-1,
    /// which names the certificate and protects nothing.
    func request() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { request in
            try request.appendConstructedNode(identifier: .sequence) { toBeSigned in
                try toBeSigned.appendConstructedNode(identifier: .sequence) { list in
                    try list.appendConstructedNode(identifier: .sequence, serializeID)
                }
            }
        }
        return serializer.serializedBytes
    }

    private func serializeID(_ coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { id in
            try id.appendConstructedNode(identifier: .sequence) { algorithm in
                try algorithm.serialize(OCSPNumbers.sha1)
                try algorithm.serialize(ASN1Null())
            }
            try id.serialize(ASN1OctetString(contentBytes: issuerNameHash[...]))
            try id.serialize(ASN1OctetString(contentBytes: issuerKeyHash[...]))
            try id.serialize(serial)
        }
    }

    /// Whether an answer may be shown to clients: it is ours, signed by who may, valid now, and good.
    /// - Returns: from when to when it counts.
    /// - Throws: `OCSPFailure`.
    func judge(_ response: [UInt8], now: Int64) throws -> OCSPValidity {
        let answer = try OCSPAnswer(response)
        guard let single = answer.responses.first(where: isOurs) else { throw OCSPFailure.otherCertificate }
        guard isAuthorised(answer, now: now) else { throw OCSPFailure.badSignature }
        let until = single.nextUpdate ?? single.thisUpdate + Self.openEndSeconds
        guard single.thisUpdate <= now + Self.skewSeconds, until > now else { throw OCSPFailure.outOfDate }
        switch single.status {
        case .good: return OCSPValidity(from: single.thisUpdate, until: until)
        case .revoked: throw OCSPFailure.revoked
        case .unknown: throw OCSPFailure.unknownCertificate
        }
    }

    private func isOurs(_ single: OCSPAnswer.Single) -> Bool {
        single.hashAlgorithm == OCSPNumbers.sha1 && single.issuerNameHash.elementsEqual(issuerNameHash)
            && single.issuerKeyHash.elementsEqual(issuerKeyHash) && single.serial == serial
    }

    /// The issuer has signed it, or one whom the issuer has given a certificate for that purpose (RFC 6960 §4.2.2.2).
    private func isAuthorised(_ answer: OCSPAnswer, now: Int64) -> Bool {
        if answer.isSigned(by: issuer.publicKey) { return true }
        return answer.certificates.contains { mayAnswer($0, now: now) && answer.isSigned(by: $0.publicKey) }
    }

    private func mayAnswer(_ delegate: Certificate, now: Int64) -> Bool {
        let usages = (try? delegate.extensions.extendedKeyUsage) ?? nil
        return usages?.contains(.ocspSigning) == true && delegate.issuer == issuer.subject
            && Int64(delegate.notValidBefore.timeIntervalSince1970) <= now
            && Int64(delegate.notValidAfter.timeIntervalSince1970) >= now
            && issuer.publicKey.isValidSignature(delegate.signature, for: delegate)
    }
}
