// A copy of a request on its way to the mirror: the client's side of an exchange that nobody waits for.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1

/// A copy of a request, and whatever comes back, which is thrown away.
final class MirrorRequest: InternalClientStream {
    /// Bytes of an answer that are read for the sake of the connection; at more it is closed.
    private static let answerBytesMax = 64 << 10

    private let worker: Worker
    private let upstream: UpstreamRuntime
    private let tally: MirrorTally
    private let listener: ListenerRuntime
    private let facts: ConnectionFacts
    private var head = ByteBuffer()
    private var body = ByteBuffer()
    private var id: [UInt8] = []
    private var exchange: Exchange?
    private var isBodySent = false
    private var isWhole = false
    private var answerBytes = 0

    /// Copies the head as a server would get it now.
    init(of exchange: Exchange, to upstream: UpstreamRuntime, _ tally: MirrorTally) {
        worker = exchange.worker
        self.upstream = upstream
        self.tally = tally
        listener = exchange.listener
        var facts = exchange.facts
        // The copy may outlive the client's connection.
        facts.tls = nil
        self.facts = facts
        RequestWriter.write(exchange, host: nil, fallbackHost: "", into: &head)
        exchange.id.withUnsafeBufferPointer { id.append(contentsOf: $0) }
    }

    /// Adds bytes of the body; false when they are too many.
    func add(_ bytes: Span<UInt8>, max: Int) -> Bool {
        guard body.count + bytes.count <= max else { return false }
        body.append(bytes)
        return true
    }

    /// Sends the copy. The body is whole.
    func start() {
        let exchange = worker.takeExchange()
        guard parse(into: exchange) else { return worker.giveBack(exchange) }
        worker.counters.mirrored += 1
        tally.inFlight += 1
        self.exchange = exchange
        worker.mirrors[ObjectIdentifier(self)] = self
        exchange.client = self
        exchange.listener = listener
        exchange.facts = facts
        exchange.startNs = worker.loop.nowNs
        exchange.requestID.append(id.span)
        exchange.isSubrequest = true
        exchange.isRequestBodyDone = body.isEmpty
        exchange.requestFraming = body.isEmpty ? .none : .length(body.count)
        exchange.hold(worker.router)
        exchange.route = upstream.plainRoute
        exchange.forward(to: upstream)
    }

    private func parse(into exchange: Exchange) -> Bool {
        let limits = HeadLimits(startLineBytes: 64 << 10, headBytes: 1 << 20, fields: 10_000)
        let answer = RequestHeadParser.parse(head.span, limits: limits, into: &exchange.request)
        guard answer == .complete(head.count) else { return false }
        exchange.request.remove(.contentLength)
        exchange.request.remove(.transferEncoding)
        _ = HopByHop.strip(&exchange.request)
        guard case .target(let parts) = RequestTarget.parse(exchange.requestTarget, method: exchange.request.method)
        else { return false }
        exchange.targetParts = parts
        return true
    }

    /// Ends it early.
    func cancel() { leave()?.clientGone(.stopping) }

    private func over() { leave()?.end() }

    /// Lets go of the exchange, once.
    private func leave() -> Exchange? {
        guard let exchange else { return nil }
        self.exchange = nil
        tally.inFlight -= 1
        // Not from inside a call to this object or to its upstream.
        worker.loop.later { [worker] in worker.mirrors[ObjectIdentifier(self)] = nil }
        return exchange
    }

    // MARK: ClientStream

    func resumeRequestBody() {
        guard let exchange, !isBodySent else { return }
        isBodySent = true
        exchange.requestBody(body.span)
        guard self.exchange === exchange else { return }
        exchange.requestEnd()
        exchange.flushRequest()
    }

    func sendBody(_ bytes: Span<UInt8>) -> Flow {
        answerBytes += bytes.count
        guard answerBytes > Self.answerBytesMax else { return .open }
        worker.loop.later { [self] in over() }
        return .full
    }

    func sendEnd(_ exchange: Exchange) { isWhole = true }

    func flush() {
        if isWhole { over() }
    }

    func abort() { over() }

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {}
}
