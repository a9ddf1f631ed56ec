internal import GateCertificates
internal import Synchronization

/// The answers to challenges that the workers give now.
final class ShownChallenges: ChallengeResponder {
    private let outlet: AutomaticOutlet
    // Tables reach the workers in the order in which they were made, so the locks are held until they have them.
    private let tokens = Mutex<[String: String]>([:])
    private let certificates = Mutex<[String: ChallengeCertificate]>([:])

    init(_ outlet: AutomaticOutlet) { self.outlet = outlet }

    func present(token: String, keyAuthorization: String) async throws {
        changeTokens { $0[token] = keyAuthorization }
    }

    func withdraw(token: String) async { changeTokens { $0[token] = nil } }

    func present(_ certificate: ChallengeCertificate) async throws {
        changeCertificates { $0[certificate.serverName] = certificate }
    }

    func withdraw(serverName: String) async { changeCertificates { $0[serverName] = nil } }

    private func changeTokens(_ body: (inout [String: String]) -> Void) {
        tokens.withLock { tokens in
            body(&tokens)
            outlet.setTokens(tokens)
        }
    }

    private func changeCertificates(_ body: (inout [String: ChallengeCertificate]) -> Void) {
        certificates.withLock { certificates in
            body(&certificates)
            outlet.setChallenges(Array(certificates.values))
        }
    }
}
