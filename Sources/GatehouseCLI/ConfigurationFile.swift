import ArgumentParser
import GateConfig
import GateControl
import Gatehouse
import Glibc

/// The option that names the configuration, and its reading.
struct ConfigurationFile: ParsableArguments {
    @Option(name: [.short, .long], help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
    var config = "gatehouse.yaml"

    /// - Throws: `ConfigurationErrors`.
    func load() throws -> Configuration {
        let outcome = ConfigurationLoader.load(file: config, environment: ProcessEnvironment.all)
        for warning in outcome.diagnostics where warning.severity == .warning { Standard.error("\(warning)") }
        guard let configuration = outcome.configuration else { throw ConfigurationErrors(outcome.errors) }
        return configuration
    }

    /// Says what is wrong and ends the process with status 1.
    func loadOrExit() throws -> Configuration {
        do {
            return try load()
        } catch let errors as ConfigurationErrors {
            for diagnostic in errors.diagnostics { Standard.error("\(diagnostic)") }
            throw ExitCode(1)
        }
    }
}
