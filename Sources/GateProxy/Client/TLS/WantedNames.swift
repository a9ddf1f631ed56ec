// Names for which no certificate was there when a client asked for it. Somebody in the control plane is told, and the
// handshakes wait.

import GateCore
import GateEngine
import GateTLS

/// Takes a worker's word that a certificate is wanted. Called on workers' threads; it must not block.
///
/// The answer is `WorkerGroup.setCertificates` with the name in it, or `WorkerGroup.refuseCertificate`. Until then
/// the handshakes wait, within their time.
public protocol CertificateRequester: Sendable {
    /// Somebody asked for this name, in lower case and without a dot at its end. It comes from a client: it may be no name at all.
    func certificateWanted(for name: String)
}

/// A worker's handshakes that wait for a certificate.
struct WantedNames {
    /// Names that are waited for at once.
    private static let namesMax = 64
    /// Handshakes that wait for one name.
    private static let waitersMax = 256

    private var waiters: [String: [ClientArrival]] = [:]
    var requester: (any CertificateRequester)?

    /// Has the handshake wait; false when nobody can be asked, or too many wait.
    mutating func wait(_ arrival: ClientArrival, for name: String) -> Bool {
        guard let requester else { return false }
        guard let name = HostName.plain(name) else { return false }
        if var others = waiters[name] {
            others.removeAll { $0.state == .over }
            guard others.count < Self.waitersMax else { return false }
            waiters[name] = others + [arrival]
            return true
        }
        guard makeRoom() else { return false }
        waiters[name] = [arrival]
        requester.certificateWanted(for: name)
        return true
    }

    /// Names that nobody waits for any more make room for others.
    private mutating func makeRoom() -> Bool {
        if waiters.count < Self.namesMax { return true }
        waiters = waiters.filter { $0.value.contains { $0.state == .suspended } }
        return waiters.count < Self.namesMax
    }

    /// Lets those go on whose name has a certificate by now.
    mutating func certificatesChanged() {
        for (name, arrivals) in waiters {
            let served = arrivals.filter { $0.listener.tls?.context.names.identity(for: name) != nil }
            guard !served.isEmpty else { continue }
            for arrival in served { arrival.goOn() }
            let others = arrivals.filter { arrival in !served.contains { $0 === arrival } }
            waiters[name] = others.isEmpty ? nil : others
        }
    }

    /// Nobody gets a certificate for the name.
    mutating func refuse(_ name: String) {
        guard let name = HostName.plain(name), let arrivals = waiters.removeValue(forKey: name) else { return }
        for arrival in arrivals { arrival.goOnWithoutCertificate() }
    }

    mutating func discard() { waiters = [:] }
}
