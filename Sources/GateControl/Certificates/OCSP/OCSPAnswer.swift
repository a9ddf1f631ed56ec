internal import FoundationEssentials
internal import Glibc
internal import SwiftASN1
internal import X509

/// An OCSP response, taken apart and not yet believed (RFC 6960 §4.2.1).
package struct OCSPAnswer {
    /// What is said of one certificate.
    struct Single {
        enum Status { case good, revoked, unknown }

        var hashAlgorithm: ASN1ObjectIdentifier
        var issuerNameHash: ArraySlice<UInt8>
        var issuerKeyHash: ArraySlice<UInt8>
        var serial: ArraySlice<UInt8>
        var status: Status
        /// Seconds since 1970.
        var thisUpdate: Int64
        var nextUpdate: Int64?
    }

    private let signedBytes: ArraySlice<UInt8>
    private let algorithm: Certificate.SignatureAlgorithm?
    private let signature: ArraySlice<UInt8>
    /// Sent along by who signed it.
    let certificates: [Certificate]
    let responses: [Single]

    /// Takes a response in DER apart.
    /// - Throws: `OCSPFailure.refused` or `.malformed`.
    package init(_ bytes: [UInt8]) throws {
        do {
            self = try Self.read(bytes)
        } catch let failure as OCSPFailure {
            throw failure
        } catch {
            throw OCSPFailure.malformed
        }
    }

    /// True if the key has signed it.
    func isSigned(by key: Certificate.PublicKey) -> Bool {
        guard let algorithm else { return false }
        return key.isValidSignature(signature, for: signedBytes, signatureAlgorithm: algorithm)
    }

    // MARK: Reading

    private static func read(_ bytes: [UInt8]) throws -> OCSPAnswer {
        let basic = try DER.sequence(try DER.parse(bytes), identifier: .sequence) { nodes in
            let status = try content(try next(&nodes, .enumerated)).reduce(0) { $0 << 8 | Int($1) }
            guard status == 0 else { throw OCSPFailure.refused(status) }
            return try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific, responseBytes)
        }
        return try DER.sequence(try DER.parse(basic), identifier: .sequence) { nodes in try OCSPAnswer(basic: &nodes) }
    }

    private static func responseBytes(_ node: ASN1Node) throws -> ArraySlice<UInt8> {
        try DER.sequence(node, identifier: .sequence) { nodes in
            guard try ASN1ObjectIdentifier(derEncoded: &nodes) == OCSPNumbers.basicResponse else {
                throw OCSPFailure.malformed
            }
            return try ASN1OctetString(derEncoded: &nodes).bytes
        }
    }

    private init(basic nodes: inout ASN1NodeCollection.Iterator) throws {
        let data = try Self.next(&nodes, .sequence)
        signedBytes = data.encodedBytes
        responses = try DER.sequence(data, identifier: .sequence) { try Self.singles(&$0) }
        algorithm = try DER.sequence(try Self.next(&nodes, .sequence), identifier: .sequence) { parts in
            let identifier = try ASN1ObjectIdentifier(derEncoded: &parts)
            while parts.next() != nil {}  // Parameters, which are NULL or nothing for all that we know.
            return OCSPNumbers.signatureAlgorithms[identifier]
        }
        signature = try ASN1BitString(derEncoded: &nodes).bytes
        certificates =
            try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { node in
                try DER.sequence(of: Certificate.self, identifier: .sequence, rootNode: node)
            } ?? []
    }

    /// ResponseData, of which the version and who answers are passed over: the signature says who it was.
    private static func singles(_ nodes: inout ASN1NodeCollection.Iterator) throws -> [Single] {
        _ = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { $0 }
        guard nodes.next() != nil else { throw OCSPFailure.malformed }
        _ = try GeneralizedTime(derEncoded: &nodes)
        let list = try DER.sequence(try next(&nodes, .sequence), identifier: .sequence) { nodes in
            var list: [Single] = []
            while let node = nodes.next() {
                list.append(try DER.sequence(node, identifier: .sequence) { try single(&$0) })
            }
            return list
        }
        while nodes.next() != nil {}  // Extensions.
        return list
    }

    private static func single(_ nodes: inout ASN1NodeCollection.Iterator) throws -> Single {
        let id = try DER.sequence(try next(&nodes, .sequence), identifier: .sequence) { parts in
            let algorithm = try DER.sequence(try next(&parts, .sequence), identifier: .sequence) { parts in
                let identifier = try ASN1ObjectIdentifier(derEncoded: &parts)
                while parts.next() != nil {}
                return identifier
            }
            return (
                algorithm, try ASN1OctetString(derEncoded: &parts).bytes, try ASN1OctetString(derEncoded: &parts).bytes,
                try ArraySlice<UInt8>(derEncoded: &parts)
            )
        }
        let status = try status(nodes.next())
        let thisUpdate = seconds(try GeneralizedTime(derEncoded: &nodes))
        let nextUpdate = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { node in
            seconds(try GeneralizedTime(derEncoded: node))
        }
        while nodes.next() != nil {}  // Extensions.
        return Single(
            hashAlgorithm: id.0, issuerNameHash: id.1, issuerKeyHash: id.2, serial: id.3, status: status,
            thisUpdate: thisUpdate, nextUpdate: nextUpdate)
    }

    private static func status(_ node: ASN1Node?) throws -> Single.Status {
        guard let identifier = node?.identifier, identifier.tagClass == .contextSpecific else {
            throw OCSPFailure.malformed
        }
        switch identifier.tagNumber {
        case 0: return .good
        case 1: return .revoked
        case 2: return .unknown
        default: throw OCSPFailure.malformed
        }
    }

    private static func next(_ nodes: inout ASN1NodeCollection.Iterator, _ kind: ASN1Identifier) throws -> ASN1Node {
        guard let node = nodes.next(), node.identifier == kind else { throw OCSPFailure.malformed }
        return node
    }

    private static func content(_ node: ASN1Node) throws -> ArraySlice<UInt8> {
        guard case .primitive(let bytes) = node.content, bytes.count == 1 else { throw OCSPFailure.malformed }
        return bytes
    }

    private static func seconds(_ time: GeneralizedTime) -> Int64 {
        var parts = tm()
        parts.tm_year = Int32(time.year - 1900)
        parts.tm_mon = Int32(time.month - 1)
        parts.tm_mday = Int32(time.day)
        parts.tm_hour = Int32(time.hours)
        parts.tm_min = Int32(time.minutes)
        parts.tm_sec = Int32(time.seconds)
        return Int64(timegm(&parts))
    }
}

/// Numbers of algorithms and types.
enum OCSPNumbers {
    /// RFC 3279 §2.1.
    static let sha1: ASN1ObjectIdentifier = [1, 3, 14, 3, 2, 26]
    /// RFC 6960 §4.2.1.
    static let basicResponse: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 1]
    /// RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3; none with SHA-1.
    static let signatureAlgorithms: [ASN1ObjectIdentifier: Certificate.SignatureAlgorithm] = [
        [1, 2, 840, 113549, 1, 1, 11]: .sha256WithRSAEncryption,
        [1, 2, 840, 113549, 1, 1, 12]: .sha384WithRSAEncryption,
        [1, 2, 840, 113549, 1, 1, 13]: .sha512WithRSAEncryption,
        [1, 2, 840, 10045, 4, 3, 2]: .ecdsaWithSHA256,
        [1, 2, 840, 10045, 4, 3, 3]: .ecdsaWithSHA384,
        [1, 2, 840, 10045, 4, 3, 4]: .ecdsaWithSHA512,
        [1, 3, 101, 112]: .ed25519,
    ]
}
