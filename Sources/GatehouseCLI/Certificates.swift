import ArgumentParser
import GateControl

struct Certificates: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the certificates that Gatehouse got from authorities.",
        discussion: """
            It reads the state folder, whether Gatehouse runs or not: what there is, until when it is valid, when the next \
            attempt to renew it is due, and what the last attempt failed of. What the configuration wants and nobody has \
            tried to get yet is pending.
            """)

    @OptionGroup var file: ConfigurationFile

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let configuration = try file.loadOrExit()
        guard let folder = StateFolder.path(configuration, environment: ProcessEnvironment.all) else {
            throw ValidationError("there is no state folder; set `state`, such as `state: /var/lib/gatehouse`")
        }
        do {
            let listing = try CertificateListing(stateFolder: folder, configuration: configuration)
            Standard.output(json ? try listing.json() : listing.text())
        } catch {
            Standard.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }
}
