// Accounts (RFC 8555 §7.3). The key is stored before the authority hears of it: after a crash the same key finds the account.

import FoundationEssentials
import Logging

/// An account with an authority.
struct ACMEAccount: Sendable {
    let key: AccountKey
    /// Its name in requests.
    let url: String
}

/// An account as it is stored.
struct StoredAccount: Codable, Sendable {
    var directory: String
    var keyPEM: String
    /// Nil until the authority has answered.
    var url: String?
    var email: String?
}

extension ACMEClient {
    /// The account: the stored one, or a new one.
    func openAccount() async throws -> ACMEAccount {
        if let account { return account }
        if let opening { return try await opening.value }
        let task = CertificateTasks.start { try await self.findAccount() }
        opening = task
        defer { opening = nil }
        let found = try await task.value
        account = found
        return found
    }

    /// The authority does not know the account (any more): it will be asked for anew.
    func forgetAccount() async throws {
        account = nil
        guard var stored = try await storedAccount() else { return }
        stored.url = nil
        try await store(stored)
    }

    /// Where what belongs to this authority is kept.
    nonisolated var folder: StorageKey { Self.folder(of: authority) }

    static func folder(of authority: ACMEAuthority) -> StorageKey {
        let place = authority.directory.drop { $0 != ":" }.drop { $0 == ":" || $0 == "/" }
        guard let root = StorageKey("acme") else { preconditionFailure("a constant key") }
        return root.appending(String(place))
    }

    private func findAccount() async throws -> ACMEAccount {
        var stored: StoredAccount
        if let former = try await storedAccount() {
            stored = former
        } else {
            stored = StoredAccount(directory: authority.directory, keyPEM: AccountKey().pem)
            try await store(stored)
        }
        let key = try AccountKey(pem: stored.keyPEM)
        if let url = stored.url, stored.email == email { return ACMEAccount(key: key, url: url) }
        let url = try await register(key)
        stored.url = url
        stored.email = email
        try await store(stored)
        log.info("account with \(authority.directory) is \(url)")
        return ACMEAccount(key: key, url: url)
    }

    /// Makes the account, or finds the one that this key has (RFC 8555 §7.3.1), whose contact is then brought up to date.
    private func register(_ key: AccountKey) async throws -> String {
        let directory = try await directory()
        var wish = NewAccount(termsOfServiceAgreed: true, contact: email.map { ["mailto:\($0)"] } ?? [])
        if let external = authority.externalAccount {
            guard let secret = Base64URL.decode(external.key) else {
                throw ACMEFailure(.unsolvable, "the key of `external_account` is not in base64url")
            }
            wish.externalAccountBinding = try SignedMessage(
                binding: key, keyID: external.keyID, secret: secret, url: directory.newAccount)
        }
        let response = try await post(
            directory.newAccount, payload: try JSON.encode(wish), as: .key(key), doing: "an account")
        guard let url = response.location else {
            throw ACMEFailure(.unreachable, "\(authority.directory) did not say where the account is")
        }
        if response.status == 200 { try await updateContact(wish.contact, ACMEAccount(key: key, url: url)) }
        return url
    }

    private func updateContact(_ contact: [String], _ account: ACMEAccount) async throws {
        let payload = try JSON.encode(["contact": contact])
        _ = try await post(account.url, payload: payload, as: .account(account), doing: "a new contact")
    }

    private var accountKey: StorageKey { folder.appending("account.json") }

    private func storedAccount() async throws -> StoredAccount? {
        guard let bytes = try await storage.load(accountKey) else { return nil }
        do {
            return try JSON.decode(StoredAccount.self, bytes)
        } catch {
            // Another account in its place would lose limits and bindings that hang on it.
            throw StorageFailure(
                "\(storage.location(of: accountKey)) cannot be read; mend it, or remove it for a new account")
        }
    }

    private func store(_ stored: StoredAccount) async throws {
        try await storage.store(try JSON.encode(stored), at: accountKey)
    }
}

/// RFC 8555 §7.3.
private struct NewAccount: Encodable {
    var termsOfServiceAgreed: Bool
    var contact: [String]
    var externalAccountBinding: SignedMessage?
}
