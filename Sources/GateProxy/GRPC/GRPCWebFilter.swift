// gRPC-Web: gRPC for browsers, which can neither read trailers nor, some of them, bytes. The trailers come as the last
// message of the body, and in the text form all of the body is Base64 (gRPC's PROTOCOL-WEB).

import GateCore
import GateHTTP

/// Turns gRPC-Web calls into gRPC's, and the answers back. Other requests pass as they are.
final class GRPCWebFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { GRPCWebFilter() }
    }

    var phase: FilterPhase { .handler }
    var interests: FilterInterests { [.requestHead, .requestBody, .responseHead, .responseBody] }

    private static let grpc = Array("application/grpc".utf8)
    private static let web = Array("application/grpc-web".utf8)
    private static let text = Array("-text".utf8)

    // MARK: The request

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        guard exchange.method == .post, let index = exchange.grpcContentType else { return .next }
        let value = exchange.requestValue(index)
        guard Self.begins(value, with: Self.web) else { return .next }
        let isText = Self.begins(value.extracting(Self.web.count..<value.count), with: Self.text)
        let count = Self.web.count + (isText ? Self.text.count : 0)
        guard Self.endsToken(value, at: count) else { return .next }
        replaceContentType(exchange, value.extracting(count..<value.count))
        exchange.grpcWeb.form = isText ? .text : .binary
        exchange.acceptsTrailers = true
        // The decoded body has another length.
        if isText, exchange.requestFraming != .none { exchange.requestFraming = .chunked }
        return .next
    }

    private static func begins(_ value: Span<UInt8>, with prefix: [UInt8]) -> Bool {
        value.count >= prefix.count && ASCII.equalsIgnoringCase(value.extracting(0..<prefix.count), prefix.span)
    }

    private static func endsToken(_ value: Span<UInt8>, at index: Int) -> Bool {
        index == value.count || "+; \t".utf8.contains(value[index])
    }

    /// `application/grpc` with the same message format, such as `+proto`.
    private func replaceContentType(_ exchange: Exchange, _ suffix: Span<UInt8>) {
        var value = exchange.worker.pool.take()
        value.append(Self.grpc.span)
        value.append(suffix)
        exchange.request.set(.contentType, value.span)
        exchange.worker.pool.give(value)
    }

    func requestBody(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow {
        guard exchange.grpcWeb.form == .text else { return next.send(bytes) }
        return inRuns(of: exchange.worker.pool.bufferBytes, bytes, exchange) { run in
            var decoded = exchange.worker.pool.take()
            exchange.grpcWeb.decode(run, into: &decoded)
            return pass(decoded, exchange, next)
        }
    }

    /// Translates bytes a run at a time, so that what comes of a run has room in one of the pool's buffers.
    private func inRuns(
        of runBytes: Int, _ bytes: Span<UInt8>, _ exchange: Exchange, _ translate: (Span<UInt8>) -> Flow
    ) -> Flow {
        let generation = exchange.generation
        var flow = Flow.open
        var at = 0
        repeat {
            let end = min(at + runBytes, bytes.count)
            if translate(bytes.extracting(at..<end)) == .full { flow = .full }
            at = end
            // A run may have ended its exchange.
        } while at < bytes.count && exchange.generation == generation && !exchange.grpcWeb.isMalformed
        return flow
    }

    func requestEnd(_ exchange: Exchange, _ next: BodyOutput) {
        guard exchange.grpcWeb.form == .text, exchange.grpcWeb.letterCount > 0 else { return }
        var decoded = exchange.worker.pool.take()
        exchange.grpcWeb.endText(into: &decoded)
        _ = pass(decoded, exchange, next)
    }

    private func pass(_ decoded: consuming ByteBuffer, _ exchange: Exchange, _ next: BodyOutput) -> Flow {
        let isMalformed = exchange.grpcWeb.isMalformed
        let flow = isMalformed ? Flow.full : next.send(decoded.span)
        exchange.worker.pool.give(decoded)
        if isMalformed { exchange.fail(.malformedRequest) }
        return flow
    }

    // MARK: The response

    func responseHead(_ exchange: Exchange) -> FilterVerdict {
        guard exchange.grpcWeb.isOn, let index = exchange.response.first(.contentType) else { return .next }
        let value = exchange.responseValue(index)
        // What is no gRPC is an error page: clients go by its status.
        guard Self.begins(value, with: Self.grpc), Self.endsToken(value, at: Self.grpc.count) else { return .next }
        var type = exchange.worker.pool.take()
        type.append(Self.web.span)
        if exchange.grpcWeb.form == .text { type.append(Self.text.span) }
        let suffix = value.extracting(Self.grpc.count..<value.count)
        if suffix.isEmpty { type.append("+proto") } else { type.append(suffix) }
        exchange.response.set(.contentType, type.span)
        exchange.worker.pool.give(type)
        // A head alone says in its own fields how the call ended.
        guard exchange.responseFraming != .none, exchange.responseFraming != .length(0) else { return .next }
        exchange.grpcWeb.translatesResponse = true
        exchange.response.remove(.contentLength)
        exchange.responseFraming = .chunked
        return .next
    }

    func responseBody(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow {
        guard exchange.grpcWeb.translatesResponse, exchange.grpcWeb.form == .text else { return next.send(bytes) }
        return sendAsText(exchange, bytes, next)
    }

    private func sendAsText(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow {
        // Whole groups, so that padding stands at the end alone.
        inRuns(of: exchange.worker.pool.bufferBytes / 4 * 3, bytes, exchange) { run in
            var encoded = exchange.worker.pool.take()
            Base64.encode(run, into: &encoded)
            let flow = next.send(encoded.span)
            exchange.worker.pool.give(encoded)
            return flow
        }
    }

    /// The trailers as a message of their own, told by the highest bit of its flags.
    func responseEnd(_ exchange: Exchange, _ next: BodyOutput) {
        guard exchange.grpcWeb.translatesResponse, exchange.responseTrailers.fieldCount > 0 else { return }
        var lines = exchange.worker.pool.take()
        Self.append(exchange.responseTrailers, to: &lines)
        exchange.responseTrailers.reset()
        var message = exchange.worker.pool.take()
        message.append(byte: 0x80)
        for shift in [24, 16, 8, 0] { message.append(byte: UInt8(truncatingIfNeeded: lines.count >> shift)) }
        message.append(lines.span)
        _ = exchange.grpcWeb.form == .text ? sendAsText(exchange, message.span, next) : next.send(message.span)
        exchange.worker.pool.give(message)
        exchange.worker.pool.give(lines)
    }

    private static func append(_ trailers: borrowing MessageHead, to lines: inout ByteBuffer) {
        for index in 0..<trailers.fieldCount where !trailers.field(index).isRemoved {
            let name = trailers.name(index)
            for i in 0..<name.count { lines.append(byte: ASCII.lowercased(name[i])) }
            lines.append(": ")
            lines.append(trailers.value(index))
            lines.append("\r\n")
        }
    }
}
