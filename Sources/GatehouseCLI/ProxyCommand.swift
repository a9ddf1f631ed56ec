import ArgumentParser
import GateConfig
import GateControl
import Gatehouse

struct ProxyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy", abstract: "Forward everything to one or more servers, without a file.",
        discussion: "Example: gatehouse proxy --listen :8080 --to http://127.0.0.1:3000 --to http://127.0.0.1:3001")

    @Option(name: .shortAndLong, help: "Where to listen: :8080, 127.0.0.1:8080, [::1]:8080 or unix:/path.")
    var listen = ":8080"

    @Option(name: .shortAndLong, help: "A server's URL; may be given more than once.")
    var to: [String]

    @Option(help: "The number of worker threads. Default: one for each core.")
    var workers: Int?

    @Flag(help: "Write no access log.")
    var quiet = false

    func validate() throws {
        if to.isEmpty { throw ValidationError("name at least one server with --to http://host:port") }
    }

    func run() throws {
        // The same checks and the same words as for a file.
        let text = """
            workers: \(workers ?? Processors.count)
            listeners: [{ address: \(YAMLText.quoted(listen)) }]
            upstreams: { servers: { servers: [\(to.map(YAMLText.quoted).joined(separator: ", "))] } }
            log: { access: \(quiet ? "off" : "{ format: combined }") }
            sites: [{ routes: [{ proxy: servers }] }]
            """
        let outcome = ConfigurationLoader.load(text: text, name: "command line")
        guard let configuration = outcome.configuration else {
            for error in outcome.errors { Standard.error("error: \(error.message)") }
            throw ExitCode(1)
        }
        try Service.run(configuration, reload: nil)
    }
}

/// Words of the command line inside YAML.
enum YAMLText {
    static func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? "''" : $0 == "$" ? "$$" : $0.isNewline ? " " : String($0) }.joined() + "'"
    }
}
