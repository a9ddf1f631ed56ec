// A certificate revocation list in DER (RFC 5280 §5), since swift-certificates does not make any.

import Crypto
import Glibc
import SwiftASN1
import X509

extension TestAuthority {
    /// A signed list of revoked certificates as PEM.
    /// - Parameters:
    ///   - revoked: certificates of this authority.
    ///   - validUntil: seconds from now at which a newer list must be there; negative: an outdated list.
    public func revocationList(_ revoked: [TestCertificate] = [], validUntil: Int = 86_400) throws -> String {
        let list = try toBeSigned(revoked, validUntil)
        let signature = try issuer.key.signature(for: list).derRepresentation
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { coder in
            coder.serializeRawBytes(list)
            try Self.serializeAlgorithm(&coder)
            try coder.serialize(ASN1BitString(bytes: [UInt8](signature)[...]))
        }
        return PEMDocument(type: "X509 CRL", derBytes: serializer.serializedBytes).pemString + "\n"
    }

    private func toBeSigned(_ revoked: [TestCertificate], _ validUntil: Int) throws -> [UInt8] {
        let now = time(nil)
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(1)  // Version 2, which has extensions.
            try Self.serializeAlgorithm(&coder)
            try coder.serialize(issuer.name)
            try coder.serialize(Self.utcTime(min(now, now + validUntil) - 3600))
            try coder.serialize(Self.utcTime(now + validUntil))
            if !revoked.isEmpty { try Self.serializeEntries(revoked, at: now - 3600, &coder) }
            try serializeExtensions(&coder)
        }
        return serializer.serializedBytes
    }

    private static func serializeEntries(
        _ revoked: [TestCertificate], at time: Int, _ coder: inout DER.Serializer
    ) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            for certificate in revoked {
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try coder.serialize(certificate.leaf.serialNumber.bytes)
                    try coder.serialize(utcTime(time))
                }
            }
        }
    }

    /// The list's number, which RFC 5280 §5.2.3 demands.
    private func serializeExtensions(_ coder: inout DER.Serializer) throws {
        var number = DER.Serializer()
        try number.serialize(1)
        let value = ASN1OctetString(contentBytes: number.serializedBytes[...])
        try coder.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { coder in
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try coder.serialize(try ASN1ObjectIdentifier(elements: [2, 5, 29, 20]))
                    try coder.serialize(value)
                }
            }
        }
    }

    /// ecdsa-with-SHA256, RFC 5758 §3.2.
    private static func serializeAlgorithm(_ coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(try ASN1ObjectIdentifier(elements: [1, 2, 840, 10045, 4, 3, 2]))
        }
    }

    private static func utcTime(_ seconds: Int) throws -> UTCTime {
        var (seconds, parts) = (time_t(seconds), tm())
        gmtime_r(&seconds, &parts)
        return try UTCTime(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hours: Int(parts.tm_hour), minutes: Int(parts.tm_min), seconds: Int(parts.tm_sec))
    }
}
