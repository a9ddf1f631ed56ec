// How requests begin.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

extension HTTP2ClientConnection {
    /// A whole head is in the workspace.
    func beginRequest(_ index: HTTP2StreamIndex, isEnd: Bool) {
        open(index).with { begin($0, isEnd: isEnd) }
    }

    private func begin(_ stream: HTTP2ClientStream, isEnd: Bool) {
        stream.isRequestWhole = isEnd
        stream.facts = worker.http2Workspace.facts
        if let tls, tls.mayBeReplayed, let exchange = stream.exchange,
            !RequestRules.mayBeEarly(exchange.request, isWhole: isEnd) || !stream.facts.protocolRange.isEmpty
        {
            stream.isUnconfirmed = true
            hasUnconfirmed = true
            return
        }
        stream.settle()
    }

    /// A head that breaks a rule, and whose client may be told.
    func refuseRequest(_ index: HTTP2StreamIndex, _ violation: HTTPViolation) {
        let stream = open(index).object
        stream.isRequestWhole = true
        stream.exchange?.fail(RequestRules.reason(for: violation))
    }

    /// Gives the core's stream an object and an exchange with the workspace's head.
    private func open(_ index: HTTP2StreamIndex) -> Borrowed<HTTP2ClientStream> {
        requestsServed += 1
        if requestsServed == listener.plan.requestsPerConnectionMax { drain() }
        let stream = worker.takeClientStream()
        let slot = index.slot
        while streams.count <= slot { streams.append(nil) }
        streams[slot] = stream
        streamCount += 1
        inputDueMs = .max
        shrinkDueMs = .max
        stream.with { equip($0, index) }
        return stream
    }

    private func equip(_ stream: HTTP2ClientStream, _ index: HTTP2StreamIndex) {
        let exchange = worker.takeExchange()
        swap(&exchange.request, &worker.http2Workspace.head)
        facts.isPeerTrusted = facts.isPeerKnown && worker.trustedProxies.contains(facts.peerAddress)
        facts.redirectsToHTTPS = listener.plan.redirectsToHTTPS
        if let tls { facts.isEarly = tls.mayBeReplayed }
        exchange.request.version = .http2
        exchange.client = stream
        exchange.listener = listener
        exchange.stage = .requestFilters
        exchange.facts = facts
        exchange.clientVersion = .http2
        exchange.startNs = worker.loop.nowNs
        stream.begin(self, index, exchange)
    }

    /// The stream is over on our side: its object serves others, the core forgets it when the client's side is over, too.
    func release(_ stream: HTTP2ClientStream) {
        if let unflushed, unflushed.with({ $0 === stream }) { self.unflushed = nil }
        streams[stream.index.slot] = nil
        streamCount -= 1
        prepareOut()
        core.release(stream.index, into: &out)
        worker.giveBack(stream)
        guard streamCount == 0, state == .open else { return }
        if !isInputBegun { inputDueMs = worker.loop.due(listener.plan.timeouts.idleMs) }
        shrinkDueMs = worker.loop.nowMs + Self.shrinkAfterMs
        armDeadline()
        // A connection that drains is looked at when all is written.
        later()
    }

    /// Requests that were held back as early data begin, once the client has proved that it is there.
    func beginConfirmed() {
        guard tls?.mayBeReplayed != true else { return }
        hasUnconfirmed = false
        for slot in 0..<streams.count {
            guard let stream = streams[slot]?.object, stream.isUnconfirmed else { continue }
            stream.isUnconfirmed = false
            stream.exchange?.facts.isEarly = false
            stream.settle()
            guard state == .open else { return }
        }
    }
}
