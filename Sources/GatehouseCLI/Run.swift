import ArgumentParser
import GateControl
import Gatehouse

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run with a configuration file.",
        discussion: """
            SIGHUP reads the file again; a bad one changes nothing and says why.
            SIGUSR1 opens the log files again. SIGTERM and SIGINT finish what is under way and stop; a second one \
            stops at once.
            """)

    @OptionGroup var file: ConfigurationFile

    func run() throws {
        let configuration = try file.loadOrExit()
        try Service.run(configuration, reload: { try file.load() })
    }
}
