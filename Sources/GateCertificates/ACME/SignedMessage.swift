import Crypto
import FoundationEssentials

/// A JSON Web Signature in the flattened form (RFC 7515 §7.2.2): the body of every request but the first ones.
struct SignedMessage: Sendable, Codable, Equatable {
    var protected: String
    var payload: String
    var signature: String

    /// What is signed along with the payload (RFC 8555 §6.2). Either `jwk` or `kid` says whose signature it is.
    struct Header: Encodable {
        var alg = "ES256"
        var jwk: JSONWebKey?
        var kid: String?
        var nonce: String?
        var url: String
    }

    /// Signs with the account's key. An empty payload is "POST-as-GET" (RFC 8555 §6.3).
    init(header: Header, payload: [UInt8], key: AccountKey) throws {
        protected = Base64URL.encode(try JSON.encode(header))
        self.payload = Base64URL.encode(payload)
        signature = Base64URL.encode(try key.signature(of: Array("\(protected).\(self.payload)".utf8)))
    }

    /// The binding of an account to another one with the authority (RFC 8555 §7.3.4): the account's key, signed by HS256.
    init(binding key: AccountKey, keyID: String, secret: [UInt8], url: String) throws {
        protected = Base64URL.encode(try JSON.encode(Header(alg: "HS256", kid: keyID, url: url)))
        payload = Base64URL.encode(try JSON.encode(key.webKey))
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(protected).\(payload)".utf8), using: SymmetricKey(data: secret))
        signature = Base64URL.encode(code)
    }
}
