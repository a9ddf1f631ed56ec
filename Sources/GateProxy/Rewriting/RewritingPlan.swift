// All that a route changes of requests and responses besides their bodies.

import GateCore

/// What a server gets as Host.
public enum HostField: Sendable, Hashable {
    /// What the client sent.
    case keep
    /// Host and port of the server's URL.
    case server
    /// A host with or without a port.
    case fixed(String)
}

/// A route's changes. Each is off unless set.
public struct RewritingPlan: Sendable {
    public var target: RewritePlan?
    /// nil: as the upstream has it.
    public var host: HostField?
    /// The outermost place first.
    public var requestFields: [FieldEdits] = []
    /// The outermost place first.
    public var responseFields: [FieldEdits] = []
    /// What servers say of themselves and clients need not know.
    public var hidden: [FieldPattern] = []
    /// URLs and cookies of servers are mapped to the public side.
    public var mapsBack = true
    public var errorPages: ErrorPages?
    /// Statuses of servers whose answers are replaced.
    public var replacedErrors: [StatusPattern] = []

    public init() {}

    /// What takes part in every exchange of the route.
    var factories: [any FilterFactory] {
        var all: [any FilterFactory] = []
        if let target { all.append(RewriteFilter.Factory(plan: target)) }
        if !requestFields.isEmpty { all.append(RequestFieldsFilter.Factory(places: requestFields)) }
        if !replacedErrors.isEmpty { all.append(ReplaceErrorsFilter.Factory(statuses: replacedErrors)) }
        if !hidden.isEmpty || !responseFields.isEmpty {
            all.append(ResponseFieldsFilter.Factory(hidden: hidden, places: responseFields))
        }
        return all
    }
}

extension Exchange {
    /// Whether servers get another Host than the client's.
    @inline(__always)
    var changesHost: Bool { borrowedRoute?.with { $0.changesHost } ?? false }
}
