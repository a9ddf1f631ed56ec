// What authorities send (RFC 8555 §7.1). Members that nothing here needs are left out; unknown ones are passed over.

/// Where everything is (RFC 8555 §7.1.1).
package struct ACMEDirectory: Sendable, Codable {
    var newNonce: String
    var newAccount: String
    var newOrder: String
    /// RFC 9773.
    var renewalInfo: String?
    var meta: Meta?

    package struct Meta: Sendable, Codable {
        var termsOfService: String?
        var externalAccountRequired: Bool?
        /// Names of profiles and what they are for (draft-ietf-acme-profiles).
        var profiles: [String: String]?
    }
}

/// What is wrong (RFC 7807, RFC 8555 §6.7).
package struct ACMEProblem: Sendable, Codable, Equatable {
    var type: String?
    var detail: String?
    var subproblems: [Subproblem]?

    package struct Subproblem: Sendable, Codable, Equatable {
        var type: String?
        var detail: String?
        var identifier: ACMEIdentifier?
    }

    /// What follows `urn:ietf:params:acme:error:`; empty for other types.
    var word: Substring {
        let prefix = "urn:ietf:params:acme:error:"
        guard let type, type.hasPrefix(prefix) else { return "" }
        return type.dropFirst(prefix.count)
    }

    /// All of it in one line, as logs take it; nil when it says nothing.
    package var line: String? {
        let parts = (subproblems ?? []).map { part in
            let name = part.identifier.map { "\($0.value): " } ?? ""
            return name + (part.detail ?? part.type ?? "no reason given")
        }
        let all = [detail ?? type].compactMap { $0 } + parts
        return all.isEmpty ? nil : ACMEFailure.oneLine(all.joined(separator: "; "))
    }
}

/// RFC 8555 §7.1.3, RFC 8738 §3.
package struct ACMEIdentifier: Sendable, Codable, Equatable {
    var type: String
    var value: String

    init(_ identifier: Identifier) {
        switch identifier {
        case .dns: type = "dns"
        case .address: type = "ip"
        }
        value = "\(identifier)"
    }
}

/// RFC 8555 §7.1.3.
package struct ACMEOrder: Sendable, Codable {
    var status: ACMEStatus
    var authorizations: [String]
    var finalize: String
    var certificate: String?
    var error: ACMEProblem?
}

/// RFC 8555 §7.1.4.
package struct ACMEAuthorization: Sendable, Codable {
    var status: ACMEStatus
    var identifier: ACMEIdentifier
    var challenges: [ACMEChallenge]
    var wildcard: Bool?
}

/// RFC 8555 §8. Its type may be one that nobody here knows.
package struct ACMEChallenge: Sendable, Codable {
    var type: String
    var url: String
    var status: ACMEStatus
    var token: String?
    var error: ACMEProblem?
}

/// RFC 8555 §7.1.6, of all objects together.
package enum ACMEStatus: String, Sendable, Codable {
    case pending, ready, processing, valid, invalid, deactivated, expired, revoked
}
