import ArgumentParser
import GateConfig
import GateControl

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration file without running it.",
        discussion: "Prints FILE:LINE:COLUMN: error: … for everything that is wrong; exit status 1 if anything is.")

    @OptionGroup var file: ConfigurationFile
    @Flag(help: "Warn of certificates that are out of their time, as run and a reload do, and do not refuse them.")
    var lenient = false

    func run() throws {
        let configuration = try file.loadOrExit()
        let findings = CertificateCheck.diagnostics(of: configuration, isLenient: lenient)
        for finding in findings { Standard.error("\(finding)") }
        if findings.contains(where: { $0.severity == .error }) { throw ExitCode(1) }
        print("\(file.config): ok")
    }
}
