// The protocol's ground: directory, nonces, signed requests, problems. Accounts, orders and renewal times are extensions.

import FoundationEssentials
import Logging

/// Talks to one authority with one account (RFC 8555).
actor ACMEClient {
    nonisolated let authority: ACMEAuthority
    nonisolated let time: TimeSource
    nonisolated let log: Logger
    nonisolated let email: String?
    let storage: any CertificateStorage
    private let transport: any ACMETransport

    private var known: (directory: ACMEDirectory, until: Date)?
    private var nonces: [String] = []
    var account: ACMEAccount?
    /// The creation of the account that is under way, so that there is one however many orders begin at once.
    var opening: Task<ACMEAccount, any Error>?

    /// A directory is asked for again after so long.
    private static let directorySeconds = 3600.0
    /// Nonces that are kept for later.
    private static let noncesMax = 32
    /// Requests for one answer: authorities may find a nonce too old (RFC 8555 §6.5), but not for ever.
    private static let attemptsMax = 20

    init(
        authority: ACMEAuthority, email: String?, storage: any CertificateStorage, transport: any ACMETransport,
        time: TimeSource, log: Logger
    ) {
        self.authority = authority
        self.email = email
        self.storage = storage
        self.transport = transport
        self.time = time
        self.log = log
    }

    /// RFC 8555 §7.1.1.
    func directory() async throws -> ACMEDirectory {
        if let known, time.now() < known.until { return known.directory }
        let response = try await transport.send(.get(authority.directory))
        guard response.status == 200 else { throw failure(response, doing: "to show its directory") }
        let directory = try decode(ACMEDirectory.self, response, "directory")
        known = (directory, time.now().addingTimeInterval(Self.directorySeconds))
        return directory
    }

    /// Asks without an account: the directory and renewal times.
    func get(_ url: String) async throws -> ACMEResponse {
        try checkURL(url)
        return try await transport.send(.get(url))
    }

    // MARK: Signed requests

    /// Who signs: the key itself before there is an account, the account's URL afterwards (RFC 8555 §6.2).
    enum Signer {
        case key(AccountKey)
        case account(ACMEAccount)
    }

    /// Asks for an object that only its owner may see (RFC 8555 §6.3).
    func fetch(_ url: String, as account: ACMEAccount, doing: String) async throws -> ACMEResponse {
        try await post(url, payload: [], as: .account(account), doing: doing)
    }

    /// Sends a signed request until a nonce is accepted.
    /// - Throws: `ACMEFailure` for every answer that is not 2xx.
    func post(_ url: String, payload: [UInt8], as signer: Signer, doing: String) async throws -> ACMEResponse {
        try checkURL(url)
        for _ in 0..<Self.attemptsMax {
            let response = try await transport.send(try await signed(url, payload, signer))
            keep(response.nonce)
            if (200...299).contains(response.status) { return response }
            let failure = failure(response, doing: doing)
            guard failure.kind == .refused("badNonce") else { throw failure }
        }
        throw ACMEFailure(.unreachable, "\(authority.directory) accepts none of its own nonces")
    }

    private func signed(_ url: String, _ payload: [UInt8], _ signer: Signer) async throws -> ACMERequest {
        var header = SignedMessage.Header(nonce: try await nonce(), url: url)
        let key: AccountKey
        switch signer {
        case .key(let own):
            header.jwk = own.webKey
            key = own
        case .account(let account):
            header.kid = account.url
            key = account.key
        }
        let message = try SignedMessage(header: header, payload: payload, key: key)
        return ACMERequest(method: .post, url: url, body: try JSON.encode(message))
    }

    private func nonce() async throws -> String {
        if let nonce = nonces.popLast() { return nonce }
        let url = try await directory().newNonce
        try checkURL(url)
        let response = try await transport.send(ACMERequest(method: .head, url: url))
        guard let nonce = response.nonce else { throw failure(response, doing: "a nonce") }
        return nonce
    }

    private func keep(_ nonce: String?) {
        guard let nonce, nonces.count < Self.noncesMax else { return }
        nonces.append(nonce)
    }

    // MARK: Answers

    /// An object of the protocol.
    nonisolated func decode<Value: Decodable>(
        _ type: Value.Type, _ response: ACMEResponse, _ name: String
    ) throws -> Value {
        do {
            return try JSON.decode(type, response.body)
        } catch {
            throw ACMEFailure(.unreachable, "\(authority.directory) sent a \(name) that is none")
        }
    }

    nonisolated func failure(_ response: ACMEResponse, doing: String) -> ACMEFailure {
        let retryAfter = RetryAfter.date(response.retryAfter, now: time.now())
        guard let problem = try? JSON.decode(ACMEProblem.self, response.body), problem.type != nil else {
            let kind: ACMEFailure.Kind = response.status == 429 ? .refused("rateLimited") : .unreachable
            let request = doing.hasPrefix("to ") ? doing : "for \(doing)"
            return ACMEFailure(
                kind, "\(authority.directory) answered the request \(request) with status \(response.status)",
                retryAfter: retryAfter)
        }
        var failure = ACMEFailure(problem, status: response.status, doing: doing, retryAfter: retryAfter)
        if response.status == 429 { failure.kind = .refused("rateLimited") }
        return failure
    }

    /// What an authority names is asked only over TLS, as the authority itself.
    private nonisolated func checkURL(_ url: String) throws {
        guard url.hasPrefix("https://") else {
            throw ACMEFailure(.unreachable, "\(authority.directory) names a URL without https: \(url.prefix(200))")
        }
    }
}
