internal import GateTLS
internal import SwiftASN1
internal import X509

/// A certificate that may get a staple.
struct StapleSubject: Sendable {
    let credential: TLSCredential
    let chain: [Certificate]

    /// The chain as it was read already.
    init(credential: TLSCredential, chain: [Certificate]) {
        self.credential = credential
        self.chain = chain
    }

    /// Takes the chain out of the credential. Without one that can be read there is nothing to ask for.
    init(_ credential: TLSCredential) {
        self.credential = credential
        chain = credential.chain.prefix(2).compactMap { try? Certificate(derEncoded: $0) }
    }

    /// Whom to ask and what; nil when the certificate names nobody, or its issuer is not there to check answers.
    var question: (url: String, question: OCSPQuestion)? {
        guard let leaf = chain.first, let url = OCSPQuestion.responder(of: leaf) else { return nil }
        return (try? OCSPQuestion(chain: chain)).map { (url, $0) }
    }
}
