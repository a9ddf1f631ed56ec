import ArgumentParser
import GateConfig
import GateControl
import GateEngine
import Gatehouse

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start two small backends and the proxy in front of them, to try at once.")

    @Option(name: .shortAndLong, help: "Where the proxy listens.")
    var listen = "127.0.0.1:8080"

    func run() throws {
        let signals = try Signals()
        let backends = try ["one", "two"].map { try DemoBackend(name: $0) }
        let text = """
            listeners: [{ address: \(YAMLText.quoted(listen)) }]
            upstreams:
              backends: { servers: [\(backends.map { "'http://127.0.0.1:\($0.port)'" }.joined(separator: ", "))] }
            log: { access: { format: combined } }
            sites:
              - routes:
                  - match: { path: /hello }
                    respond: { status: 200, body: "Hello from the gate itself.\\n" }
                  - match: { path: /old/* }
                    redirect: { to: /hello, status: 308 }
                  - proxy: backends
            """
        let outcome = ConfigurationLoader.load(text: text, name: "demo")
        guard let configuration = outcome.configuration else {
            for error in outcome.errors { Standard.error("error: \(error.message)") }
            throw ExitCode(1)
        }
        try Service.run(configuration, reload: nil, signals: signals) { proxy in
            let address = proxy.addresses.values.first.map { "\($0)" } ?? listen
            Standard.output(
                """
                Two backends answer in turn behind http://\(address). Try:

                  curl http://\(address)/
                  curl -d 'some data' http://\(address)/anything
                  curl -iL http://\(address)/old/page

                Ctrl-C stops it.
                """)
        }
    }
}
