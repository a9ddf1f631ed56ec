// Routes within routes, made flat: one list in the order in which routes are asked, each with all that it inherits.

extension Configuration {
    /// A route with what it inherits from those around it.
    struct FlatRoute {
        /// Settings of outer routes are in place where the route has none of its own. Its nested routes are gone.
        var route: Route
        /// The conditions, the outermost route's first.
        var matches: [Match]
        /// Where the route stands among its siblings, and those around it among theirs: `2.0`.
        var number: String
    }
}

extension Configuration.Route {
    /// This route and all within it.
    var withNested: [Self] { [self] + routes.flatMap(\.withNested) }

    /// The routes within this one that do something, in the order in which they are asked, and this one last.
    func flattened(number: String, outer: [Configuration.Match] = []) -> [Configuration.FlatRoute] {
        let matches = outer + [match]
        var result = routes.enumerated().flatMap { index, inner in
            inner.inheriting(from: self).flattened(number: "\(number).\(index)", outer: matches)
        }
        guard action != .pass else { return result }
        var own = self
        own.routes = []
        result.append(Configuration.FlatRoute(route: own, matches: matches, number: number))
        return result
    }

    /// This route with the settings of the one around it wherever it has none of its own. Name, conditions and action are
    /// its own alone.
    private func inheriting(from outer: Self) -> Self {
        var route = self
        route.timeouts = timeouts.inheriting(from: outer.timeouts)
        route.limits = limits.inheriting(from: outer.limits)
        route.upgrade = upgrade ?? outer.upgrade
        route.encoded = encoded ?? outer.encoded
        route.mirror = mirror ?? outer.mirror
        route.translatesGRPCWeb = translatesGRPCWeb ?? outer.translatesGRPCWeb
        route.rewriting = outer.rewriting.applying(rewriting)
        return route
    }
}

extension Configuration.TimeoutOverrides {
    /// These, and those of `outer` that are not set here.
    func inheriting(from outer: Self) -> Self {
        Self(
            headMs: headMs ?? outer.headMs, bodyMs: bodyMs ?? outer.bodyMs, idleMs: idleMs ?? outer.idleMs,
            writeMs: writeMs ?? outer.writeMs, lingerMs: lingerMs ?? outer.lingerMs,
            connectMs: connectMs ?? outer.connectMs, firstByteMs: firstByteMs ?? outer.firstByteMs,
            readMs: readMs ?? outer.readMs, tunnelMs: tunnelMs ?? outer.tunnelMs,
            requestMs: requestMs ?? outer.requestMs)
    }
}

extension Configuration.LimitOverrides {
    /// These, and those of `outer` that are not set here.
    func inheriting(from outer: Self) -> Self {
        Self(
            requestLineBytesMax: requestLineBytesMax ?? outer.requestLineBytesMax,
            headBytesMax: headBytesMax ?? outer.headBytesMax, fieldsMax: fieldsMax ?? outer.fieldsMax,
            responseHeadBytesMax: responseHeadBytesMax ?? outer.responseHeadBytesMax,
            bodyBytesMax: bodyBytesMax ?? outer.bodyBytesMax, connectionsMax: connectionsMax ?? outer.connectionsMax,
            connectionsPerClientMax: connectionsPerClientMax ?? outer.connectionsPerClientMax,
            requestsPerConnectionMax: requestsPerConnectionMax ?? outer.requestsPerConnectionMax,
            requestRateMin: requestRateMin ?? outer.requestRateMin,
            responseRateMin: responseRateMin ?? outer.responseRateMin, rateGraceMs: rateGraceMs ?? outer.rateGraceMs)
    }
}
