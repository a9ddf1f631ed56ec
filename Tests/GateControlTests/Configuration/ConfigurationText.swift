import GateConfig
import GateControl
import Testing

/// A listener on line 1 and a route that takes everything on line 2: what a text under test stands under.
let base = "listeners: [{ address: \":1\" }]\nsites: [{ routes: [{ respond: 200 }] }]\n"

/// The configuration of a text without any finding.
func configuration(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
    let outcome = ConfigurationLoader.load(text: text, name: "t", environment: environment)
    #expect(outcome.diagnostics.map(\.description) == [])
    return try #require(outcome.configuration)
}

/// All that is found in a text.
func findings(_ text: String, environment: [String: String] = [:]) -> [String] {
    ConfigurationLoader.load(text: text, name: "t", environment: environment).diagnostics.map(\.description)
}

/// The one listener with these keys.
func listener(_ keys: String) throws -> Configuration.Listener {
    try #require(try configuration("listeners:\n  - { \(keys) }\n").listeners.first)
}

/// The one upstream with these keys.
func upstream(_ keys: String) throws -> Configuration.Upstream {
    let text =
        "listeners: [{ address: \":1\" }]\nsites: [{ routes: [{ proxy: app }] }]\nupstreams: { app: { \(keys) } }\n"
    return try #require(try configuration(text).upstreams.first)
}

/// The one route with these keys.
func route(_ keys: String) throws -> Configuration.Route {
    let text = "listeners: [{ address: \":1\" }]\nsites:\n  - routes:\n      - { \(keys) }\n"
    return try #require(try configuration(text).sites.first?.routes.first)
}
