import Crypto
import FoundationEssentials
import Testing

@testable import GateCertificates

@Suite("Signed requests")
struct SignatureTests {
    /// The key of RFC 7515 §A.3.1.
    private func key() throws -> AccountKey {
        try AccountKey(scalar: try #require(Base64URL.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")))
    }

    @Test("the public key is that of RFC 7515 §A.3.1")
    func publicKey() throws {
        #expect(
            try key().webKey
                == JSONWebKey(
                    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
    }

    @Test("a message verifies with the public key and carries what was signed (RFC 7515 §5.2)")
    func message() throws {
        let header = SignedMessage.Header(kid: "https://ca/1", nonce: "n", url: "https://ca/order")
        let message = try SignedMessage(header: header, payload: Array("{}".utf8), key: try key())
        let protected = try #require(Base64URL.decode(message.protected))
        #expect(
            String(decoding: protected, as: UTF8.self)
                == #"{"alg":"ES256","kid":"https://ca/1","nonce":"n","url":"https://ca/order"}"#)
        #expect(message.payload == "e30")
        let point = try ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"]
            .flatMap { try #require(Base64URL.decode($0)) }
        let publicKey = try P256.Signing.PublicKey(rawRepresentation: point)
        let signature = try P256.Signing.ECDSASignature(
            rawRepresentation: try #require(Base64URL.decode(message.signature)))
        #expect(publicKey.isValidSignature(signature, for: Array("\(message.protected).e30".utf8)))
    }

    @Test("a POST-as-GET has an empty payload (RFC 8555 §6.3)")
    func empty() throws {
        let message = try SignedMessage(header: .init(kid: "k", url: "u"), payload: [], key: AccountKey())
        #expect(message.payload == "")
    }

    @Test("a binding is the key under HS256 (RFC 8555 §7.3.4)")
    func binding() throws {
        let secret = Array("secret".utf8)
        let message = try SignedMessage(binding: try key(), keyID: "kid-1", secret: secret, url: "https://ca/new")
        let protected = try #require(Base64URL.decode(message.protected))
        #expect(String(decoding: protected, as: UTF8.self) == #"{"alg":"HS256","kid":"kid-1","url":"https://ca/new"}"#)
        let code = try #require(Base64URL.decode(message.signature))
        #expect(
            HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: Array("\(message.protected).\(message.payload)".utf8),
                using: SymmetricKey(data: secret)))
    }

    @Test("a thumbprint is the hash of the members in order (RFC 7638 §3)")
    func thumbprint() throws {
        let text = #"{"crv":"P-256","kty":"EC","x":"a","y":"b"}"#
        let hash = Base64URL.encode(SHA256.hash(data: Array(text.utf8)))
        #expect(JSONWebKey(x: "a", y: "b").thumbprint == hash)
        #expect(try key().authorization(of: "token").hasPrefix("token."))
    }

    @Test(
        "base64url goes both ways (RFC 4648 §10)",
        arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")])
    func base64(_ plain: String, _ text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
        #expect(Base64URL.decode(text) == Array(plain.utf8))
    }

    @Test(
        "other alphabets are refused, padding is not",
        arguments: [("-_8", true), ("-_8=", true), ("+/8", false), ("a b", false), ("%", false)])
    func alphabet(_ text: String, _ isGood: Bool) { #expect((Base64URL.decode(text) != nil) == isGood) }
}
