import SwiftASN1
public import X509

/// A certificate that a `TestAuthority` has issued, with its key and what leads to the root.
public struct TestCertificate: Sendable {
    /// The certificate itself.
    public let leaf: Certificate
    /// What stands between it and the root, the leaf's issuer first; empty without an intermediate.
    public let intermediates: [Certificate]
    /// The private key as PEM (PKCS #8).
    public let keyPEM: String

    /// Leaf and intermediates as PEM, in the order in which a server sends them.
    public var chainPEM: String { ([leaf] + intermediates).map(\.pemText).joined() }
    /// The leaf alone as PEM.
    public var leafPEM: String { leaf.pemText }
    /// The leaf's serial number, the highest byte first.
    public var serialNumber: [UInt8] { Array(leaf.serialNumber.bytes) }
    /// The leaf's DER.
    public var leafDER: [UInt8] { leaf.der }

    /// Writes `NAME.pem` (the chain) and `NAME.key` into a directory, the key readable by its owner alone.
    @discardableResult
    public func write(to directory: TemporaryDirectory, as name: String) throws -> (chain: String, key: String) {
        let chain = try directory.write("\(name).pem", chainPEM)
        let key = try directory.write("\(name).key", keyPEM)
        try setFileMode(key, 0o600)
        return (chain, key)
    }
}

extension Certificate {
    /// The certificate's bytes.
    public var der: [UInt8] {
        // A certificate that was made or parsed always has bytes.
        var serializer = DER.Serializer()
        do { try serializer.serialize(self) } catch { preconditionFailure("certificate without bytes: \(error)") }
        return serializer.serializedBytes
    }

    /// The certificate as PEM, with the line end that files have.
    public var pemText: String { PEMDocument(type: "CERTIFICATE", derBytes: der).pemString + "\n" }
}
