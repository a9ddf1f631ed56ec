// The response's way: informational heads, the final head, filters, body, end.

import GateCore
import GateEngine
import GateHTTP

extension Exchange {
    /// `response` holds a 1xx head (RFC 9110 §15.2).
    func informational() {
        guard clientVersion != .http10 else { return }
        if response.mayHave(.link) { PublicSide.mapInformational(self) }
        client?.sendInformational(self)
    }

    /// `response` holds the final head, without hop-by-hop fields.
    func responseHead(framing: BodyFraming) {
        // An extended CONNECT that succeeds is a tunnel (RFC 8441 §4); this is a server that knows nothing of it.
        if isExtendedConnect && (200..<300).contains(response.status) { return fail(.badResponse) }
        responseFraming = framing
        firstByteNs = worker.loop.nowNs
        attemptAnswered()
        releaseReplay()
        stage = .responseFilters
        status = response.status
        runResponseFilters(from: 0)
    }

    func runResponseFilters(from start: Int) {
        if let route = borrowedRoute {
            guard route.with({ filterResponseHead($0, from: start) }) else { return }
        }
        stage = .responding
        status = response.status
        isResponseHeadSent = true
        addDate()
        addTransportSecurity()
        client?.sendHead(self, framing: responseFraming)
    }

    /// False when a filter took the exchange over.
    private func filterResponseHead(_ route: RouteRuntime, from start: Int) -> Bool {
        var index = start
        while index < route.responseHeadFilters.count {
            switch route.responseHeadFilters.with(index, { $0.responseHead(self) }) {
            case .next: index += 1
            case .answer(let answer):
                dropServer()
                self.answer(answer, reason: .answered)
                return false
            case .wait:
                waitingFilter = index + 1
                return false
            }
            if stage != .responseFilters { return false }
        }
        return true
    }

    /// RFC 9110 §6.6.1: a recipient with a clock adds the Date that the origin left out.
    private func addDate() {
        if !response.has(.date) { worker.addDate(to: &response) }
    }

    /// Whether the server's side should read on.
    var takesResponse: Bool { stage == .forwarding || stage == .responding || stage == .connecting }

    /// A piece of the response's body, borrowed.
    func responseBody(_ bytes: Span<UInt8>) -> Flow {
        responseBodyBytes &+= bytes.count
        return passResponseBody(bytes, from: 0)
    }

    func passResponseBody(_ bytes: Span<UInt8>, from index: Int) -> Flow {
        if let route = borrowedRoute, let flow = route.with({ filterResponseBody($0, bytes, from: index) }) {
            return flow
        }
        return client?.sendBody(bytes) ?? .full
    }

    private func filterResponseBody(_ route: RouteRuntime, _ bytes: Span<UInt8>, from index: Int) -> Flow? {
        guard index < route.responseBodyFilters.count else { return nil }
        let next = BodyOutput(exchange: self, direction: .response, index: index + 1)
        return route.responseBodyFilters.with(index) { $0.responseBody(self, bytes, next) }
    }

    /// The response is whole; `responseTrailers` is filled. The server's side has let go.
    func responseEnd() {
        if let route = borrowedRoute, route.with({ !$0.responseBodyFilters.isEmpty }) {
            let route = route.object
            for index in 0..<route.responseBodyFilters.count {
                let next = BodyOutput(exchange: self, direction: .response, index: index + 1)
                route.responseBodyFilters.with(index) { $0.responseEnd(self, next) }
            }
        }
        isResponseDone = true
        client?.sendEnd(self)
    }

    func flushResponse() { client?.flush() }

    /// The client takes more.
    func clientDrained() {
        if let server, !isResponseDone { server.resumeResponse() }
    }

    // MARK: Own answers

    /// Ends the exchange with an answer of our own.
    func answer(_ answer: FixedAnswer, reason: EndReason) {
        self.reason = reason
        dropServer()
        releaseReplay()
        ensureRequestID()
        if answersAsGRPC(answer.status) { return answerGRPC(reason, status: answer.status) }
        response.reset()
        let page = answer.isError ? errorPage(for: answer.status) : nil
        status = page?.status ?? answer.status
        response.status = status
        for field in answer.fields { response.add(field.name, field.value) }
        worker.addDate(to: &response)
        response.set(.xRequestID, id)
        var body = worker.pool.take()
        if let content = page?.content ?? answer.content {
            add(content)
            append(content.body, to: &body)
            if answer.isError { response.set(.cacheControl, "no-store") }
        } else if answer.isError {
            let format = ErrorBody.format(for: request)
            ErrorBody.append(format, status: answer.status, requestID: id, to: &body)
            response.set(.contentType, format.mediaType)
            response.set(.cacheControl, "no-store")
        } else {
            let fixed = answer.body
            body.append(fixed.span)
        }
        if let route, !route.responseEdits.isEmpty { edit(.response, route.responseEdits) }
        addTransportSecurity()
        sendOwn(body.span)
        worker.pool.give(body)
    }

    private func sendOwn(_ body: Span<UInt8>) {
        // Framing is ours alone, whatever a filter put in.
        response.remove(.contentLength)
        response.remove(.transferEncoding)
        response.remove(.connection)
        let hasBody = status != 204 && status != 304
        if hasBody {
            response.beginField(.contentLength)
            response.withOwn { $0.append(decimal: body.count) }
            response.endField()
        }
        responseFraming = hasBody && request.method != .head ? .length(body.count) : .none
        stage = .responding
        isResponseHeadSent = true
        client?.sendHead(self, framing: responseFraming)
        if case .length(let count) = responseFraming, count > 0 {
            responseBodyBytes = count
            _ = client?.sendBody(body)
        }
        isResponseDone = true
        client?.sendEnd(self)
        client?.flush()
    }
}
