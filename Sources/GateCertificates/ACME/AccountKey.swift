import Crypto
import FoundationEssentials

/// The key of an account: ECDSA on P-256, whose signatures every authority takes (RFC 8555 §6.2).
struct AccountKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// A new one.
    init() { key = P256.Signing.PrivateKey() }

    /// - Throws: when the PEM is no private key on P-256.
    init(pem: String) throws { key = try P256.Signing.PrivateKey(pemRepresentation: pem) }

    /// A key of these 32 bytes.
    init(scalar: [UInt8]) throws { key = try P256.Signing.PrivateKey(rawRepresentation: scalar) }

    var pem: String { key.pemRepresentation }

    /// The public key as RFC 7517 has it.
    var webKey: JSONWebKey {
        let point = Array(key.publicKey.rawRepresentation)
        return JSONWebKey(x: Base64URL.encode(point[..<32]), y: Base64URL.encode(point[32...]))
    }

    /// ES256: the two numbers of the signature, 32 bytes each (RFC 7518 §3.4).
    func signature(of bytes: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: bytes).rawRepresentation) }

    /// What a challenge's token becomes with this account (RFC 8555 §8.1).
    func authorization(of token: String) -> String { "\(token).\(webKey.thumbprint)" }
}

/// A public key on P-256 (RFC 7517, RFC 7518 §6.2).
struct JSONWebKey: Sendable, Codable, Equatable {
    var crv = "P-256"
    var kty = "EC"
    var x: String
    var y: String

    init(x: String, y: String) {
        self.x = x
        self.y = y
    }

    /// RFC 7638: the hash of the required members in the order of their names, without blanks.
    var thumbprint: String {
        let text = "{\"crv\":\"\(crv)\",\"kty\":\"\(kty)\",\"x\":\"\(x)\",\"y\":\"\(y)\"}"
        return Base64URL.encode(SHA256.hash(data: Array(text.utf8)))
    }
}
