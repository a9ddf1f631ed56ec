// TLS to one server: what makes its layers, and what the log hears when it fails.

import GateEngine
import GateTLS

extension ServerRuntime {
    /// A layer for a connection that has just been made, nil without memory. Only for servers with TLS.
    func makeLayer(protocols: [String] = ["http/1.1"]) -> TLSLayer? {
        guard let name = plan.tlsName, let context = upstreamPlan.tls else { return nil }
        return context.makeLayer(worker.workspace, to: name, protocols: protocols, sessions: sessions)
    }

    /// The same failure again is said after this long at the earliest.
    private static let repeatMs: UInt64 = 60_000

    /// TLS failed for a reason of the server's. Clients hear nothing of it, so the error log does.
    func noteFailure(_ failure: TLSFailure) {
        let nowMs = worker.loop.nowMs
        guard failure.kind != lastFailure || nowMs - lastFailureMs >= Self.repeatMs else { return }
        lastFailure = failure.kind
        lastFailureMs = nowMs
        let wanted =
            failure.kind == .certificate(.wrongName) ? "; it must be for \(plan.tlsName.map { "\($0)" } ?? "")" : ""
        report("TLS failed: \(failure)\(wanted)")
    }

    /// Something else is wrong with what the server says. The same again is said after a while.
    func complain(_ what: String) {
        let nowMs = worker.loop.nowMs
        guard what != lastComplaint || nowMs - lastFailureMs >= Self.repeatMs else { return }
        lastComplaint = what
        lastFailureMs = nowMs
        report(what)
    }

    private func report(_ what: String) {
        worker.reporter.report(.warning, "upstream \(upstreamPlan.name): server \(plan.name): \(what)")
    }
}
