// The embedding example as a user has it: built with SwiftPM from its own package, run as a program.

import GateCore
import GateTesting

/// The example's program, running.
struct Example {
    private static let repository: String = {
        var path = #filePath
        for _ in 0..<3 { path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
        return path
    }()

    /// The program's path; built at first use, for which a debug build of the whole library may be needed.
    private static let program: Result<String, any Error> = Result {
        let swift = findProgram("swift") ?? "/opt/swift/usr/bin/swift"
        let package = ["--package-path", "\(repository)/examples/embedding"]
        let scratch = ["--scratch-path", "\(repository)/.build/example"]
        let build = try runProgram(swift, ["build"] + package + scratch, within: .seconds(1200))
        guard build.status == 0 else { throw BuildFailure(output: build.output + build.errors) }
        return "\(repository)/.build/example/debug/embedding"
    }

    struct BuildFailure: Error { let output: String }

    private let process: ChildProcess
    private let address: SocketAddress

    /// Starts it on a port that the kernel chooses.
    init() throws {
        process = try ChildProcess(Example.program.get(), ["127.0.0.1:0"])
        try process.waitForText("open-sesame")
        let word = process.output.split { $0.isWhitespace }.first { $0.hasPrefix("http://") } ?? ""
        let port = word.dropFirst("http://127.0.0.1:".count).prefix { $0.isNumber }
        address = .ip(.loopbackIPv4, port: UInt16(port) ?? 0)
    }

    /// Has `body` talk over a connection of its own. The program lives as long.
    func talk<Outcome>(_ body: (RawConnection) throws -> Outcome) throws -> Outcome {
        try body(RawConnection.connect(to: address))
    }

    /// Sends a request on a connection of its own and reads the answer.
    func exchange(_ request: String) throws -> RawResponse {
        try talk { client in
            try client.send(request)
            return try client.readResponse(to: String(request.prefix { $0 != " " }))
        }
    }

    /// Asks it to stop, and answers its exit status.
    func stop() throws -> Int32 {
        process.signal(15)
        return try process.waitForEnd()
    }
}
