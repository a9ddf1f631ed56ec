import Crypto

/// Knows one way to show an authority that a name is ours.
protocol ChallengeSolver: Sendable {
    /// Makes the answer be there. When it returns the authority can look.
    func present(_ task: ChallengeTask) async throws

    /// Removes what `present` made, whether that worked or not.
    func withdraw(_ task: ChallengeTask) async
}

/// A name to show as ours, and how.
struct ChallengeTask: Sendable {
    /// Without the `*.` of a wildcard.
    var identifier: Identifier
    var token: String
    /// RFC 8555 §8.1.
    var keyAuthorization: String

    /// The hash that TLS-ALPN-01 and DNS-01 show.
    var digest: [UInt8] { Array(SHA256.hash(data: Array(keyAuthorization.utf8))) }
}

/// HTTP-01 (RFC 8555 §8.3): the workers answer.
struct HTTPChallengeSolver: ChallengeSolver {
    let responder: any ChallengeResponder

    func present(_ task: ChallengeTask) async throws {
        try await responder.present(token: task.token, keyAuthorization: task.keyAuthorization)
    }

    func withdraw(_ task: ChallengeTask) async { await responder.withdraw(token: task.token) }
}

/// TLS-ALPN-01 (RFC 8737): the workers show a certificate.
struct TLSALPNChallengeSolver: ChallengeSolver {
    let responder: any ChallengeResponder
    let time: TimeSource

    func present(_ task: ChallengeTask) async throws {
        try await responder.present(try ChallengeCertificate(task, now: time.now()))
    }

    func withdraw(_ task: ChallengeTask) async { await responder.withdraw(serverName: task.identifier.serverName) }
}
