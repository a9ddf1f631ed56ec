// Which requests the routes so far take. Indexed by path, as a site may have thousands of routes.

extension Configuration {
    /// The requests that a growing list of routes takes.
    struct RouteCoverage {
        /// Routes with host conditions that are looked at one by one; beyond that many, findings may be missed.
        static let hostRoutesMax = 500

        private var everything: Route?
        private var exact: [String: Route] = [:]
        private var prefixes: [String: Route] = [:]
        private var hostRoutes: [Route] = []

        /// Takes a route into account.
        mutating func add(_ route: Route) {
            guard route.action != .pass, !route.match.asksMore else { return }
            guard route.match.hosts.isEmpty else {
                if hostRoutes.count < RouteCoverage.hostRoutesMax { hostRoutes.append(route) }
                return
            }
            if route.match.paths.isEmpty { everything = everything ?? route }
            for path in route.match.paths { add(path, route) }
        }

        private mutating func add(_ path: PathPattern, _ route: Route) {
            switch path {
            case .any: everything = everything ?? route
            case .exact(let path): exact[path] = exact[path] ?? route
            case .prefix(let path): prefixes[path] = prefixes[path] ?? route
            case .glob, .regex: return
            }
        }

        /// A route that takes requests which fit `match`, if no request that fits it is left over.
        func covering(_ match: Match) -> Route? {
            if let everything { return everything }
            if let route = hostRoutes.first(where: { $0.match.covers(match) }) { return route }
            let routes = match.paths.map(covering)
            guard let first = routes.first, routes.allSatisfy({ $0 != nil }) else { return nil }
            return first
        }

        private func covering(_ pattern: PathPattern) -> Route? {
            switch pattern {
            case .any, .regex: return nil
            case .exact(let path): return exact[path] ?? prefix(of: path)
            case .prefix(let path): return prefixes[path] ?? prefix(of: path)
            case .glob(let glob): return prefix(of: String(glob.prefix { $0 != "*" }))
            }
        }

        /// The route for a prefix that ends at one of the slashes of `path`.
        private func prefix(of path: String) -> Route? {
            for index in path.indices where path[index] == "/" {
                if let route = prefixes[String(path[...index])] { return route }
            }
            return nil
        }
    }
}

extension Configuration.Match {
    /// Whether there are conditions besides hosts and paths.
    fileprivate var asksMore: Bool { self != Configuration.Match(hosts: hosts, paths: paths) }

    /// True if every request that fits `other` fits this too.
    func covers(_ other: Configuration.Match) -> Bool {
        let hostsCovered =
            hosts.isEmpty
            || !other.hosts.isEmpty && other.hosts.allSatisfy { host in hosts.contains { $0.covers(host) } }
        let pathsCovered =
            paths.isEmpty || paths.contains(.any)
            || !other.paths.isEmpty && other.paths.allSatisfy { path in paths.contains { $0.covers(path) } }
        return hostsCovered && pathsCovered
    }
}
