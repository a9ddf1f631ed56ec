// A backend that answers when the test says so, one request for each word.

/// Lets requests through one by one, and knows how many it had at once.
public final class Turnstile: Sendable {
    private struct State: Sendable {
        var inside = 0
        var most = 0
        var tokens = 0
        var isOpen = false
    }

    private let state = Monitor(State())

    public init() {}

    /// Answers each request with its target, when there is a token for it.
    public var script: ScriptedServer.Script {
        ScriptedServer.serving { [self] visit, request in
            state.update { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
            }
            // A server that stops lets go of the requests inside.
            visit.server.release.whenFired { [state] in state.update { _ in } }
            let passed: Bool? = state.wait(within: Deadline.long) { state in
                if state.isOpen { return true }
                guard state.tokens > 0 else { return visit.server.release.hasFired ? false : nil }
                state.tokens -= 1
                return true
            }
            state.update { $0.inside -= 1 }
            if passed == true { try visit.respond(body: request.target) }
        }
    }

    /// Requests that are inside.
    public var inside: Int { state.current.inside }

    /// The most requests that were inside at once.
    public var most: Int { state.current.most }

    /// Lets one request through.
    public func letOne() { state.update { $0.tokens += 1 } }

    /// Lets all through from now on.
    public func open() { state.update { $0.isOpen = true } }

    /// Waits until this many requests are inside.
    public func waitFor(_ count: Int, within bound: Duration = Deadline.usual) throws {
        guard state.wait(within: bound, for: { $0.inside >= count ? true : nil }) != nil else {
            throw TimedOut("\(count) requests at the backend, \(inside) were there", bound)
        }
    }
}
