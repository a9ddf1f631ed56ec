import ArgumentParser
import GateControl
import Gatehouse
import Glibc

struct Trust: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print or install the root of the internal authority.",
        discussion: """
            Sites with names that are not public (localhost, *.internal, addresses) get certificates from an authority \
            of Gatehouse's own. Whoever is to believe them has to trust its root, which this command prints in PEM.
            Browsers with a store of their own, Firefox for one, need it imported there.
            """)

    @Option(name: [.short, .long], help: "The configuration file, which may name the state folder.")
    var config = "gatehouse.yaml"
    @Option(help: "The state folder, in the place of the configured one.")
    var state: String?
    @Flag(help: "Put the root into this machine's store of authorities. Needs root's rights.")
    var install = false
    @Flag(help: "Take it out again. Needs root's rights.")
    var uninstall = false

    func validate() throws {
        if install && uninstall { throw ValidationError("--install and --uninstall exclude each other.") }
    }

    func run() throws {
        do {
            let pem = try InternalRoot.pem(folder: try folder())
            if install { return try SystemStore.find().install(pem) }
            if uninstall { return try SystemStore.find().uninstall() }
            Standard.output(String(pem.dropLast()))
        } catch let error as ExitCode {
            throw error
        } catch {
            Standard.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }

    /// The state folder. Without a configuration file the environment leads to it.
    private func folder() throws -> String {
        if let state {
            guard state.hasPrefix("/") else { throw ValidationError("--state is the absolute path of a folder.") }
            return state
        }
        var file = ConfigurationFile()
        file.config = config
        let configuration = access(config, F_OK) == 0 ? try file.loadOrExit() : Configuration()
        guard let folder = StateFolder.path(configuration, environment: ProcessEnvironment.all) else {
            throw ValidationError("There is no state folder; name one with --state.")
        }
        return folder
    }
}
