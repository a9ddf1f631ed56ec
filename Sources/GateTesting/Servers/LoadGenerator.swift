// A load that misses nothing: every request has a number, and every answer is looked at.

public import GateCore

/// Clients that send requests one after another until they are told to stop.
public final class LoadGenerator: Sendable {
    /// What the clients saw.
    public struct Outcome: Sendable {
        /// Requests whose answers came whole and right.
        public var answered: Set<String> = []
        /// Requests that met a connection which ended without a byte of an answer: sent again, or given up at a stop.
        public var unanswered: Set<String> = []
        /// What must not be: cut or wrong answers, refused connections.
        public var failures: [String] = []
    }

    private let connect: @Sendable () throws -> any ByteStream
    private let isOver = Signal()
    private let outcome = Monitor(Outcome())
    private let clients = Monitor<[Thread]>([])
    private let mayBeRefused = Signal()

    /// Starts `count` clients. Each request is `GET /load/CLIENT/NUMBER`, its answer must name the target; each connection
    /// is used for `requestsPerConnection` requests.
    public convenience init(_ address: SocketAddress, clients count: Int, requestsPerConnection: Int = 10) {
        self.init(clients: count, requestsPerConnection: requestsPerConnection) {
            try RawConnection.connect(to: address)
        }
    }

    /// The same over connections that `connect` makes.
    public init(
        clients count: Int, requestsPerConnection: Int = 10, connect: @escaping @Sendable () throws -> any ByteStream
    ) {
        self.connect = connect
        for client in 0..<count {
            let thread = Thread { [self] in run(client, requestsPerConnection) }
            clients.update { $0.append(thread) }
        }
    }

    /// How many requests have been answered so far.
    public var answeredCount: Int { outcome.current.answered.count }

    /// Waits until `count` more requests have been answered.
    public func wait(forMore count: Int, within bound: Duration = Deadline.long) throws {
        let goal = answeredCount + count
        guard outcome.wait(within: bound, for: { $0.answered.count >= goal ? true : nil }) != nil else {
            throw TimedOut("\(count) more answers under load", bound)
        }
    }

    /// From now on, refused connections and ones that end before an answer begins are no failures: the proxy stops.
    public func expectStop() { mayBeRefused.fire() }

    /// Ends the load behind the requests that are under way, and answers what was seen.
    public func stop() throws -> Outcome {
        isOver.fire()
        for client in clients.current { try client.join(within: Deadline.long) }
        return outcome.current
    }

    private func run(_ client: Int, _ requestsPerConnection: Int) {
        var number = 0
        while !isOver.hasFired {
            do {
                let connection = try connect()
                for _ in 0..<requestsPerConnection where !isOver.hasFired {
                    number += 1
                    guard try ask(connection, "/load/\(client)/\(number)") else { break }
                }
            } catch {
                if mayBeRefused.hasFired, let failure = error as? WireFailure, failure.had.isEmpty { return }
                outcome.update { $0.failures.append("client \(client), request \(number): \(error)") }
                return
            }
        }
    }

    /// One exchange; false when the connection takes no more.
    private func ask(_ connection: any ByteStream, _ target: String) throws -> Bool {
        do {
            try connection.send(get(target))
            let response = try connection.readResponse()
            guard response.status == 200, response.body.text.contains(target) else {
                throw WireFailure(.malformed("wrong answer to \(target)"), had: Array(response.description.utf8))
            }
            outcome.update { $0.answered.insert(target) }
            return !response.announcesClose
        } catch let failure as WireFailure where failure.isEnd && failure.had.isEmpty {
            outcome.update { $0.unanswered.insert(target) }
            throw failure
        }
    }
}
