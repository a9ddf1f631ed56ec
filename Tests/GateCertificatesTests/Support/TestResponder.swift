import GateCertificates
import GateTesting

/// Answers HTTP-01 over HTTP, and remembers everything.
final class TestResponder: ChallengeResponder {
    let tokens = Monitor<[String: String]>([:])
    let certificates = Monitor<[String: ChallengeCertificate]>([:])
    /// What was presented and withdrawn, in order.
    let log = Monitor<[String]>([])
    private let server: ScriptedServer

    init() throws {
        let tokens = tokens
        server = try ScriptedServer(
            ScriptedServer.serving { visit, request in
                let prefix = "/.well-known/acme-challenge/"
                let token = String(request.target.dropFirst(prefix.count))
                guard request.target.hasPrefix(prefix), let answer = tokens.current[token] else {
                    return try visit.respond("404 Not Found")
                }
                try visit.respond(body: answer)
            })
    }

    var port: UInt16 { server.port }
    /// Who looked at challenges.
    var requestCount: Int { server.requestCount }

    func present(token: String, keyAuthorization: String) async throws {
        tokens.update { $0[token] = keyAuthorization }
        log.update { $0.append("present") }
    }

    func withdraw(token: String) async {
        tokens.update { $0[token] = nil }
        log.update { $0.append("withdraw") }
    }

    func present(_ certificate: ChallengeCertificate) async throws {
        certificates.update { $0[certificate.serverName] = certificate }
        log.update { $0.append("present") }
    }

    func withdraw(serverName: String) async {
        certificates.update { $0[serverName] = nil }
        log.update { $0.append("withdraw") }
    }
}
