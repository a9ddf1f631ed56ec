import GateCore
import GateHTTP

extension Exchange {
    /// Nobody looks at the response's body, so the kernel may carry it.
    var maySpliceResponse: Bool {
        stage == .responding && (borrowedRoute?.with { $0.responseBodyFilters.isEmpty } ?? false)
    }

    /// Nobody looks at the request's body, and it is too large to be kept for a second try.
    var maySpliceRequest: Bool {
        takesRequestBody && (borrowedRoute?.with { $0.requestBodyFilters.isEmpty } ?? false) && !replaysBody
    }

    private var replaysBody: Bool { isReplayable && mayReplayMethod && !isResponseHeadSent }
}
