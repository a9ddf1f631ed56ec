// What changes about TLS without a plan: certificates, ticket keys, challenges. Connections under way go on with what
// they began with.

public import GateTLS

extension WorkerGroup {
    /// Puts tables of certificates into service, by `ListenerPlan.key`; listeners that are not named keep theirs. Tables
    /// may come before the plan with their listeners. Returns when every worker uses them.
    public func setCertificates(_ names: [String: ServerNames]) {
        all { worker in
            worker.material.names.merge(names) { $1 }
            worker.materialChanged()
        }
    }

    /// Puts ticket keys into service, by `ListenerPlan.key`; listeners that are not named keep theirs.
    public func setTicketKeys(_ keys: [String: TicketKeys]) {
        all { worker in
            worker.material.ticketKeys.merge(keys) { $1 }
            worker.materialChanged()
        }
    }

    /// What is answered to `/.well-known/acme-challenge/TOKEN`, by token (RFC 8555 §8.3). Replaces all that was there.
    public func setChallenges(_ answers: [String: String]) {
        let answers = answers.mapValues { Array($0.utf8) }
        all { $0.setChallenges(answers) }
    }

    /// Who is told of names without a certificate, on listeners whose plan asks for them.
    public func setCertificateRequester(_ requester: (any CertificateRequester)?) {
        all { worker in
            worker.wantedNames.requester = requester
            worker.materialChanged()
        }
    }

    /// Handshakes that wait for a certificate for `name` end without one. Does not wait.
    public func refuseCertificate(for name: String) { post { $0.wantedNames.refuse(name) } }
}
