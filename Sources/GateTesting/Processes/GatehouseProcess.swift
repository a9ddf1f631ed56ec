// The real program under `gatehouse run`, with its file, its signals and its words.

public import GateCore
internal import Glibc

/// A running `gatehouse run` with a configuration file of its own.
public final class GatehouseProcess: Sendable {
    public let process: ChildProcess
    /// Where its listeners listen, in the order of the file.
    public let addresses: [SocketAddress]
    private let directory: TemporaryDirectory

    /// Starts it and waits until it listens. `output` takes its standard output, where the access log goes by default.
    public init(_ text: String, output: String? = nil, environment: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        let path = try directory.write("gatehouse.yaml", text)
        process = try GatehouseBinary.start(["run", "--config", path], environment: environment, output: output)
        let listeners = text.components(separatedBy: "address:").count - 1
        let process = process
        addresses = try awaitValue("gatehouse to listen", within: Deadline.long) {
            let found = GatehouseProcess.addresses(in: process.errors)
            if found.count >= listeners { return found }
            guard process.isRunning else { throw SystemFailure("gatehouse ended: \(process.errors)", ESRCH) }
            return nil
        }
    }

    deinit { process.stop() }

    /// A connection to the listener of this number.
    public func connect(_ listener: Int = 0, receiveBufferBytes: Int? = nil) throws -> RawConnection {
        try RawConnection.connect(to: addresses[listener], receiveBufferBytes: receiveBufferBytes)
    }

    /// Sends one request on a connection of its own and reads the response.
    public func exchange(_ request: String) throws -> RawResponse {
        let client = try connect()
        try client.send(request)
        return try client.readResponse(to: String(request.prefix { $0 != " " }))
    }

    /// Writes another configuration and asks for a reload, without waiting for it.
    public func reload(_ text: String) throws {
        // Moved into place, so that the program never reads half of it.
        try directory.write("next", text)
        rename(directory.file("next"), directory.file("gatehouse.yaml"))
        process.signal(SIGHUP)
    }

    /// Opens its log files anew.
    public func reopenLogs() { process.signal(SIGUSR1) }

    /// Asks for a graceful stop.
    public func beginStop() { process.signal(SIGTERM) }

    /// Where the error log says that it listens. A line that is still being written does not count.
    public static func addresses(in log: String) -> [SocketAddress] {
        guard let end = log.lastIndex(of: "\n") else { return [] }
        return log[..<end].split(separator: "\n").compactMap { line in
            guard line.contains("listening on ") else { return nil }
            let word = line.components(separatedBy: "listening on ")[1].prefix { $0 != " " && $0 != "\"" }
            return SocketAddress(word)
        }
    }
}
