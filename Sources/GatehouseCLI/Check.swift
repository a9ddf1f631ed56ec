import ArgumentParser

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration file without running it.",
        discussion: "Prints FILE:LINE:COLUMN: error: … for everything that is wrong; exit status 1 if anything is.")

    @OptionGroup var file: ConfigurationFile

    func run() throws {
        _ = try file.loadOrExit()
        print("\(file.config): ok")
    }
}
