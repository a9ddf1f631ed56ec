// The command line. It parses words, starts the library, waits for signals, and says what went wrong.

import ArgumentParser

@main
struct GatehouseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A reverse proxy that is simple to run.",
        discussion: """
            Try it:            gatehouse demo
            Without a file:    gatehouse proxy --listen :8080 --to http://127.0.0.1:3000
            With a file:       gatehouse run --config gatehouse.yaml
            """,
        subcommands: [
            Run.self, Check.self, Explain.self, Certificates.self, Trust.self, ProxyCommand.self, Demo.self,
            Version.self,
        ])
}
