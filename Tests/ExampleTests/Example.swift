// The embedding example, run as a program. The sources are those of its own package; the program is this build's.

import GateCore
import GateTesting

/// The example's program, running.
struct Example {
    private let process: ChildProcess
    private let address: SocketAddress

    /// Starts it on a port that the kernel chooses.
    init() throws {
        process = try ChildProcess(BuiltProgram.path("EmbeddingExample"), ["127.0.0.1:0"])
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
