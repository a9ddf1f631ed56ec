// `{path.NAME}` in what a route writes must be a group of some pattern that leads to the route: it would be empty always.

internal import GateConfig
internal import GatePattern
internal import GateProxy

extension Configuration.Site {
    /// Reports groups that routes name and no pattern has.
    func checkCaptures(_ decoding: inout Decoding) {
        for flat in routes.flatMap({ $0.flattened(number: "") }) {
            let captures = flat.route.captures
            guard !captures.isEmpty, let location = flat.route.origin.location else { continue }
            let patterns = flat.matches.flatMap(\.pathExpressions)
            for capture in captures where !patterns.contains(where: { $0.has(capture) }) {
                decoding.error(
                    at: location,
                    "this route writes \(quoted("{" + Variable.capture(capture).name + "}")), and no `path: { regex: … }` "
                        + "that leads to it has such a group")
            }
        }
    }
}

extension Pattern {
    fileprivate func has(_ capture: Capture) -> Bool {
        switch capture {
        case .number(let number): number <= groupCount
        case .name(let name): number(ofGroup: name) != nil
        }
    }
}

extension Configuration.Match {
    /// The expressions that may match the path.
    fileprivate var pathExpressions: [Pattern] {
        let own = paths.compactMap { path -> Pattern? in
            if case .regex(let pattern) = path { pattern } else { nil }
        }
        return own + (all + any).flatMap(\.pathExpressions)
    }
}

extension Configuration.Route {
    /// The groups of the path that it writes somewhere.
    fileprivate var captures: [Capture] {
        (rewriting.templates + actionTemplates).flatMap(\.variables).compactMap { variable in
            if case .capture(let capture) = variable { capture } else { nil }
        }
    }

    private var actionTemplates: [Template] {
        switch action {
        case .redirect(let redirect): [try? Template(url: redirect.location)].compactMap { $0 }
        case .respond(let response):
            ([try? Template(page: response.body, as: .plain)]
                + response.fields.map { try? Template($0.value, as: .field) }).compactMap { $0 }
        default: []
        }
    }
}

extension Configuration.Rewriting {
    fileprivate var templates: [Template] {
        var all = (requestFields + responseFields).flatMap { ($0.set + $0.add + $0.defaults).map(\.value) }
        if let target {
            all += [target.path, target.replacement?.to, target.expression?.to].compactMap { $0 }
            all += (target.query.set + target.query.add).map(\.value)
        }
        return all
    }
}
