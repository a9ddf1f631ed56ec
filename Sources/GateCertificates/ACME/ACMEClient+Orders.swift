// Orders, authorisations and challenges (RFC 8555 §7.4, §7.5).

import FoundationEssentials

extension ACMEClient {
    /// RFC 8555 §7.4; with `replaces` RFC 9773 §5, with `profile` draft-ietf-acme-profiles.
    private struct NewOrder: Encodable {
        var identifiers: [ACMEIdentifier]
        var profile: String?
        var replaces: String?
    }

    private struct Finalization: Encodable { var csr: String }

    /// Orders a certificate; answers the order and its URL.
    /// - Parameter replaces: the certificate that the new one is for, by its ARI identifier.
    func order(
        _ identifiers: [Identifier], replaces: String?, as account: ACMEAccount
    ) async throws -> (order: ACMEOrder, url: String) {
        let directory = try await directory()
        // An authority that knows nothing of renewal times knows nothing of `replaces`.
        var wish = NewOrder(
            identifiers: identifiers.map(ACMEIdentifier.init), profile: authority.profile,
            replaces: directory.renewalInfo == nil ? nil : replaces)
        if let profile = wish.profile, let profiles = directory.meta?.profiles, profiles[profile] == nil {
            let names = profiles.keys.sorted().joined(separator: ", ")
            throw ACMEFailure(
                .refused("invalidProfile"), "\(authority.directory) has no profile `\(profile)`; it has \(names)")
        }
        let response: ACMEResponse
        do {
            response = try await send(wish, directory, account)
        } catch let failure where wish.replaces != nil && Self.isAboutReplacing(failure) {
            // The former certificate is replaced already, or not this account's: an order like any other, then.
            wish.replaces = nil
            response = try await send(wish, directory, account)
        }
        guard let url = response.location else {
            throw ACMEFailure(.unreachable, "\(authority.directory) did not say where the order is")
        }
        return (try decode(ACMEOrder.self, response, "order"), url)
    }

    private func send(
        _ wish: NewOrder, _ directory: ACMEDirectory, _ account: ACMEAccount
    ) async throws -> ACMEResponse {
        try await post(
            directory.newOrder, payload: try JSON.encode(wish), as: .account(account), doing: "an order")
    }

    /// RFC 9773 §5: `alreadyReplaced`; others refuse with `malformed` what they cannot find.
    private static func isAboutReplacing(_ failure: any Error) -> Bool {
        guard let failure = failure as? ACMEFailure, case .refused(let word) = failure.kind else { return false }
        return ["alreadyReplaced", "malformed", "conflict", "unauthorized"].contains(word)
    }

    /// An order as it is now.
    func order(at url: String, as account: ACMEAccount) async throws -> (order: ACMEOrder, response: ACMEResponse) {
        let response = try await fetch(url, as: account, doing: "to show an order")
        return (try decode(ACMEOrder.self, response, "order"), response)
    }

    /// An authorisation as it is now.
    func authorization(
        at url: String, as account: ACMEAccount
    ) async throws -> (authorization: ACMEAuthorization, response: ACMEResponse) {
        let response = try await fetch(url, as: account, doing: "to show an authorisation")
        return (try decode(ACMEAuthorization.self, response, "authorisation"), response)
    }

    /// Says that a challenge can be looked at (RFC 8555 §7.5.1).
    func begin(_ challenge: ACMEChallenge, as account: ACMEAccount) async throws {
        _ = try await post(
            challenge.url, payload: Array("{}".utf8), as: .account(account), doing: "to look at a challenge")
    }

    /// Hands in the request for the certificate (RFC 8555 §7.4).
    func finalize(_ order: ACMEOrder, csr: [UInt8], as account: ACMEAccount) async throws -> ACMEResponse {
        let payload = try JSON.encode(Finalization(csr: Base64URL.encode(csr)))
        return try await post(order.finalize, payload: payload, as: .account(account), doing: "a certificate")
    }

    /// The certificate and its issuers, in PEM (RFC 8555 §7.4.2). Other chains that the authority offers are left alone.
    func certificate(at url: String, as account: ACMEAccount) async throws -> String {
        let response = try await fetch(url, as: account, doing: "to hand a certificate out")
        guard let type = response.contentType, type.hasPrefix("application/pem-certificate-chain") else {
            throw ACMEFailure(.unreachable, "\(authority.directory) sent something else than a certificate in PEM")
        }
        return String(decoding: response.body, as: UTF8.self)
    }
}
