import ArgumentParser

struct Version: ParsableCommand {
    static let number = "0.1.0"

    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() { print("gatehouse \(Self.number)") }
}
