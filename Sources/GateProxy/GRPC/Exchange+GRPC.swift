// What gRPC asks of a proxy: deadlines that clients set, and answers of ours that its clients understand.

import GateCore
import GateEngine
import GateHTTP

extension Exchange {
    private static let mediaType = Array("application/grpc".utf8)

    /// The request's Content-Type, where that is `application/grpc` or begins with it: `application/grpc+proto`,
    /// `application/grpc-web`.
    var grpcContentType: Int? {
        guard request.mayHave(.contentType), let index = request.first(.contentType) else { return nil }
        let value = requestValue(index)
        let count = Self.mediaType.count
        guard value.count >= count,
            ASCII.equalsIgnoringCase(value.extracting(0..<count), Self.mediaType.span)
        else { return nil }
        // `application/grpcfoo` is something else.
        guard value.count > count else { return index }
        let next = value[count]
        return "+;- \t".utf8.contains(next) ? index : nil
    }

    // MARK: Deadlines

    private static let timeoutName = Array("grpc-timeout".utf8)

    /// The client waits no longer than it says.
    func boundByGRPCTimeout() {
        guard grpcContentType != nil, let index = request.first(named: Self.timeoutName.span),
            let ms = GRPCTimeout.milliseconds(requestValue(index))
        else { return }
        requestDueMs = min(requestDueMs, worker.loop.nowMs + UInt64(ms))
    }

    // MARK: Answers

    /// Whether an answer of ours goes out as gRPC has it: everything but success.
    func answersAsGRPC(_ status: Int) -> Bool {
        !(200...299).contains(status) && (grpcWeb.isOn || grpcContentType != nil)
    }

    /// "Trailers-Only": a head that ends the response and says how the call ended.
    func answerGRPC(_ reason: EndReason, status httpStatus: Int) {
        response.reset()
        status = 200
        response.status = 200
        addGRPCContentType()
        worker.addDate(to: &response)
        response.set(.xRequestID, id)
        addGRPCStatus(GRPCStatus(reason, status: httpStatus))
        addGRPCMessage(reason, status: httpStatus)
        addTransportSecurity()
        // An empty body behind the head would make it a response whose trailers are missing.
        if clientVersion == .http2 {
            responseFraming = .none
        } else {
            response.add(.contentLength, "0")
            responseFraming = .length(0)
        }
        stage = .responding
        isResponseHeadSent = true
        client?.sendHead(self, framing: responseFraming)
        isResponseDone = true
        client?.sendEnd(self)
        client?.flush()
    }

    private func addGRPCContentType() {
        if grpcWeb.isOn { return response.add(.contentType, grpcWeb.mediaType) }
        if let index = grpcContentType { response.add(.contentType, requestValue(index)) }
    }

    private func addGRPCStatus(_ code: GRPCStatus) { add("grpc-status", decimal: code.rawValue) }

    private func add(_ name: StaticString, decimal: Int) {
        var value = worker.pool.take()
        value.append(decimal: decimal)
        add(name, value.span)
        worker.pool.give(value)
    }

    private func add(_ name: StaticString, _ value: Span<UInt8>) {
        var bytes = worker.pool.take()
        bytes.append(name)
        response.add(named: bytes.span, value)
        worker.pool.give(bytes)
    }

    /// In words for people: the reason as logs have it, or the status that the rules gave.
    private func addGRPCMessage(_ reason: EndReason, status: Int) {
        var text = worker.pool.take()
        text.append("Gatehouse: ")
        if reason == .answered {
            text.append(decimal: status)
            text.append(byte: ASCII.space)
            text.append(StatusText.reason(status))
        } else {
            text.append(reason.name)
        }
        var encoded = worker.pool.take()
        GRPCMessage.append(text.span, to: &encoded)
        add("grpc-message", encoded.span)
        worker.pool.give(encoded)
        worker.pool.give(text)
    }
}

/// grpc-message's form: UTF-8 in which everything but printable ASCII, and the percent sign, is encoded.
enum GRPCMessage {
    static func append(_ text: Span<UInt8>, to out: inout ByteBuffer) {
        for i in 0..<text.count {
            let byte = text[i]
            if byte >= 0x20 && byte <= 0x7E && byte != 0x25 {
                out.append(byte: byte)
            } else {
                out.append(byte: 0x25)
                out.append(byte: digit(byte >> 4))
                out.append(byte: digit(byte & 15))
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 0x30 : value + 0x37 }
}

/// grpc-timeout's form: at most eight digits and a unit.
enum GRPCTimeout {
    /// At least 1; nil for what is no timeout.
    static func milliseconds(_ value: Span<UInt8>) -> Int? {
        guard value.count >= 2, value.count <= 9, let amount = ASCII.decimal(value.extracting(0..<(value.count - 1)))
        else { return nil }
        switch value[value.count - 1] {
        case UInt8(ascii: "H"): return max(1, amount * 3_600_000)
        case UInt8(ascii: "M"): return max(1, amount * 60_000)
        case UInt8(ascii: "S"): return max(1, amount * 1000)
        case UInt8(ascii: "m"): return max(1, amount)
        case UInt8(ascii: "u"): return max(1, (amount + 999) / 1000)
        case UInt8(ascii: "n"): return max(1, (amount + 999_999) / 1_000_000)
        default: return nil
        }
    }
}
