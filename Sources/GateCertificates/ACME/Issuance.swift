// The way to one certificate from one authority (RFC 8555 §7.1): order, authorisations, request, certificate.

import FoundationEssentials
import Logging

/// Gets one certificate from one authority.
struct Issuance: Sendable {
    let client: ACMEClient
    let solvers: SolverSet
    let wanted: WantedCertificate
    let keyKind: CertificateKeyKind
    /// Where orders under way are kept.
    let place: CertificatePlace
    /// The certificate that the new one is for, by its ARI identifier.
    let replaces: String?
    /// What each wait for the authority may take.
    var waitSecondsMax = 300.0

    /// Names whose authorisations go on at the same time.
    private static let authorizationsAtOnce = 8

    private var identifiers: [Identifier] { wanted.names.map(Identifier.init) }
    private var polling: Polling { Polling(time: client.time, secondsMax: waitSecondsMax) }

    /// - Throws: `ACMEFailure`, `StorageFailure`, `CancellationError`.
    func run() async throws -> ManagedCertificate {
        let account = try await client.openAccount()
        do {
            return try await run(account)
        } catch let failure as ACMEFailure where failure.kind == .refused("accountDoesNotExist") {
            try await client.forgetAccount()
            return try await run(try await client.openAccount())
        }
    }

    private func run(_ account: ACMEAccount) async throws -> ManagedCertificate {
        if let pending = try await place.pendingOrder(), pending.isFor(wanted, keyKind, client.authority) {
            if let order = try? await client.order(at: pending.url, as: account).order, order.status != .invalid {
                client.log.info("going on with the order \(pending.url)")
                return try await complete(order, pending, account)
            }
        }
        let (order, url) = try await client.order(identifiers, replaces: replaces, as: account)
        let request = try CertificateRequest(kind: keyKind)
        let pending = PendingOrder(
            directory: client.authority.directory, url: url, names: wanted.names, keyKind: keyKind,
            keyPEM: request.keyPEM)
        try await place.store(pending)
        return try await complete(order, pending, account)
    }

    private func complete(
        _ order: ACMEOrder, _ pending: PendingOrder, _ account: ACMEAccount
    ) async throws -> ManagedCertificate {
        var order = order
        if order.status == .pending {
            try await authorize(order.authorizations, account)
            order = try await poll(pending.url, "the order", account) { $0.status != .pending }
        }
        if order.status == .ready {
            let request = try CertificateRequest(keyPEM: pending.keyPEM)
            _ = try await client.finalize(order, csr: try request.der(for: identifiers), as: account)
        }
        if order.status == .ready || order.status == .processing {
            order = try await poll(pending.url, "the certificate", account) {
                $0.status != .processing && $0.status != .ready
            }
        }
        guard order.status == .valid, let url = order.certificate else { throw orderFailure(order) }
        return try certificate(try await client.certificate(at: url, as: account), pending.keyPEM)
    }

    private func poll(
        _ url: String, _ what: String, _ account: ACMEAccount, _ isDone: (ACMEOrder) -> Bool
    ) async throws -> ACMEOrder {
        try await polling.until(what) {
            let (order, response) = try await client.order(at: url, as: account)
            return (isDone(order) ? order : nil, response)
        }
    }

    private func orderFailure(_ order: ACMEOrder) -> ACMEFailure {
        if let error = order.error { return ACMEFailure(error, status: 0, doing: "a certificate", retryAfter: nil) }
        return ACMEFailure(.refused(""), "the order ended as \(order.status.rawValue)")
    }

    /// Nothing is taken for a certificate that is not the one that was asked for.
    private func certificate(_ chainPEM: String, _ keyPEM: String) throws -> ManagedCertificate {
        guard let certificate = CertificateBundle.parse(keyPEM + chainPEM) else {
            throw ACMEFailure(
                .unreachable,
                "\(client.authority.directory) sent a certificate that cannot be read, or is for another key")
        }
        guard Set(identifiers).isSubset(of: certificate.names.map(Identifier.init)),
            certificate.notAfter > client.time.now()
        else {
            throw ACMEFailure(.unreachable, "\(client.authority.directory) sent another certificate than was asked for")
        }
        return certificate
    }

    // MARK: Authorisations

    private func authorize(_ urls: [String], _ account: ACMEAccount) async throws {
        guard urls.count <= WantedCertificate.namesMax else {
            throw ACMEFailure(.unreachable, "\(client.authority.directory) wants \(urls.count) authorisations")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, url) in urls.enumerated() {
                if number >= Self.authorizationsAtOnce { try await group.next() }
                group.addTask { try await authorize(url, account) }
            }
            try await group.waitForAll()
        }
    }

    private func authorize(_ url: String, _ account: ACMEAccount) async throws {
        let authorization = try await client.authorization(at: url, as: account).authorization
        let name = (authorization.wildcard == true ? "*." : "") + authorization.identifier.value
        if authorization.status == .valid { return }
        guard authorization.status == .pending else {
            throw ACMEFailure(.refused(""), "\(name): the authorisation is \(authorization.status.rawValue)")
        }
        guard let choice = solvers.choice(of: authorization), let token = choice.challenge.token else {
            throw unsolvable(name, authorization)
        }
        let task = ChallengeTask(
            identifier: Identifier(authorization.identifier.value), token: token,
            keyAuthorization: account.key.authorization(of: token))
        try await solve(task, by: choice.solver) {
            try await client.begin(choice.challenge, as: account)
            let ended = try await polling.until("its look at \(name)") {
                let (now, response) = try await client.authorization(at: url, as: account)
                return (now.status == .pending ? nil : now, response)
            }
            if ended.status != .valid { throw rejection(name, choice.kind, ended) }
        }
    }

    /// What was presented is withdrawn whatever happens, a cancellation included.
    private func solve(
        _ task: ChallengeTask, by solver: any ChallengeSolver, _ work: () async throws -> Void
    ) async throws {
        let outcome: Result<Void, any Error>
        do {
            try await solver.present(task)
            outcome = .success(try await work())
        } catch {
            outcome = .failure(error)
        }
        await CertificateTasks.start { await solver.withdraw(task) }.value
        try outcome.get()
    }

    private func rejection(_ name: String, _ kind: ChallengeKind, _ ended: ACMEAuthorization) -> ACMEFailure {
        let problem = ended.challenges.first { $0.type == kind.rawValue }?.error
        let refusal = problem.map { ACMEFailure($0, status: 0, doing: "\(name) by \(kind.rawValue)", retryAfter: nil) }
        return ACMEFailure(
            .rejected(kind), refusal?.description ?? "\(name): the authorisation ended as \(ended.status.rawValue)")
    }

    private func unsolvable(_ name: String, _ authorization: ACMEAuthorization) -> ACMEFailure {
        let offers = authorization.challenges.map(\.type).sorted().joined(separator: ", ")
        let own = solvers.kinds.map(\.rawValue).joined(separator: ", ")
        let advice = offers == ChallengeKind.dns01.rawValue ? "; set `dns` and add dns-01 to `challenges`" : ""
        return ACMEFailure(
            .unsolvable,
            "\(name): the authority offers \(offers), and \(own.isEmpty ? "nothing" : own) is left to try\(advice)")
    }
}
