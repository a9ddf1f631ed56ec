// A request that a filter makes of its own, on the same worker and over the same pools.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1

/// What a filter asks a server before it decides.
public struct Subrequest {
    /// The name of an upstream in the configuration.
    public var upstream: String
    /// A token, such as `GET`.
    public var method: String
    /// A path with an optional query.
    public var target: String
    /// Further fields. Host is the server's unless one is named here.
    public var fields: [FixedAnswer.Field]
    /// Bytes of the response's body that are kept; a longer one fails the request.
    public var bodyBytesMax = 64 << 10

    public init(upstream: String, method: String = "GET", target: String, fields: [FixedAnswer.Field] = []) {
        self.upstream = upstream
        self.method = method
        self.target = target
        self.fields = fields
    }
}

/// What came of a sub-request.
public struct SubrequestResult {
    /// The response's status; nil when there was none, and `reason` says why.
    public var status: Int?
    public var fields: [FixedAnswer.Field]
    public var body: [UInt8]
    public var reason: EndReason

    /// The first field with this name, in any case.
    public func field(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

extension Exchange {
    /// Asks a server and calls `completion` on this worker, never before this call has returned. One at a time for an
    /// exchange: a second one ends the first. When the exchange ends meanwhile, nothing is called.
    ///
    /// The filter answers `.wait` after this, and calls `resume` from the completion.
    public func subrequest(_ subrequest: Subrequest, _ completion: @escaping (SubrequestResult) -> Void) {
        cancelSubrequest()
        let client = SubrequestClient(subrequest, parent: self, completion)
        self.subrequest = client
        client.start()
    }

    func cancelSubrequest() {
        guard let subrequest else { return }
        subrequest.cancel()
        self.subrequest = nil
    }
}

/// The client's side of a sub-request: keeps the response until it is whole.
final class SubrequestClient: InternalClientStream {
    private let subrequest: Subrequest
    private unowned(unsafe) let parent: Exchange
    private let parentGeneration: UInt32
    private let worker: Worker
    private var exchange: Exchange?
    private let completion: (SubrequestResult) -> Void
    private var result = SubrequestResult(status: nil, fields: [], body: [], reason: .completed)
    private var isOver = false

    init(_ subrequest: Subrequest, parent: Exchange, _ completion: @escaping (SubrequestResult) -> Void) {
        self.subrequest = subrequest
        self.parent = parent
        parentGeneration = parent.generation
        worker = parent.worker
        self.completion = completion
    }

    func start() {
        guard let upstream = worker.upstream(named: subrequest.upstream) else { return finish(.noServer) }
        let exchange = worker.takeExchange()
        guard parse(into: exchange) else {
            worker.giveBack(exchange)
            return finish(.malformedRequest)
        }
        self.exchange = exchange
        exchange.client = self
        exchange.listener = parent.listener
        exchange.facts = parent.facts
        exchange.startNs = worker.loop.nowNs
        exchange.requestID.append(parent.id)
        exchange.isSubrequest = true
        exchange.isRequestBodyDone = true
        exchange.hold(worker.router)
        exchange.route = upstream.plainRoute
        exchange.forward(to: upstream)
    }

    /// Through the parser that clients' requests go through: nothing gets by it.
    private func parse(into exchange: Exchange) -> Bool {
        var text = "\(subrequest.method) \(subrequest.target) HTTP/1.1\r\n"
        for field in subrequest.fields {
            let (name, value) = (Array(field.name.utf8), Array(field.value.utf8))
            guard MessageHead.isValidField(name: name.span, value: value.span) else { return false }
            text += "\(field.name): \(field.value)\r\n"
        }
        let bytes = Array((text + "\r\n").utf8)
        let limits = HeadLimits(startLineBytes: 64 << 10, headBytes: 256 << 10, fields: 256)
        let answer = RequestHeadParser.parse(bytes.span, limits: limits, into: &exchange.request)
        guard answer == .complete(bytes.count) else { return false }
        // A target or a method with a space in it would make another request.
        guard exchange.requestTarget.count == subrequest.target.utf8.count,
            exchange.requestMethod.count == subrequest.method.utf8.count
        else { return false }
        exchange.request.remove(.contentLength)
        _ = HopByHop.strip(&exchange.request)
        guard case .target(let parts) = RequestTarget.parse(exchange.requestTarget, method: exchange.request.method)
        else {
            return false
        }
        exchange.targetParts = parts
        return parts.form == .origin
    }

    func cancel() {
        isOver = true
        guard let exchange else { return }
        self.exchange = nil
        exchange.clientGone(.clientClosed)
    }

    private func finish(_ reason: EndReason) {
        guard !isOver else { return }
        isOver = true
        result.reason = reason
        // Not from inside the filter's call.
        worker.loop.later { [self] in
            guard parent.generation == parentGeneration, parent.subrequest === self else { return }
            parent.subrequest = nil
            completion(result)
        }
    }

    // MARK: ClientStream

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        // An answer of our own is none of the server's.
        guard exchange.server != nil || exchange.reason == .completed else { return }
        result.status = exchange.response.status
        for index in 0..<exchange.response.fieldCount where !exchange.response.field(index).isRemoved {
            result.fields.append(.init(exchange.response.name(index).text, exchange.responseValue(index).text))
        }
    }

    func sendBody(_ bytes: Span<UInt8>) -> Flow {
        guard result.status != nil else { return .open }
        guard result.body.count + bytes.count <= subrequest.bodyBytesMax else {
            result.status = nil
            worker.loop.later { [self] in tooLong() }
            return .full
        }
        bytes.withUnsafeBufferPointer { result.body.append(contentsOf: $0) }
        return .open
    }

    private func tooLong() {
        guard let exchange else { return }
        self.exchange = nil
        exchange.clientGone(.badResponse)
        finish(.badResponse)
    }

    func sendEnd(_ exchange: Exchange) { isWhole = true }

    private var isWhole = false

    func flush() {
        guard isWhole, let exchange else { return }
        self.exchange = nil
        let reason = exchange.reason
        exchange.end()
        finish(reason)
    }

    func abort() {
        guard let exchange else { return }
        self.exchange = nil
        let reason = exchange.reason
        result.status = nil
        exchange.end()
        finish(reason)
    }

    func resumeRequestBody() {}
}
