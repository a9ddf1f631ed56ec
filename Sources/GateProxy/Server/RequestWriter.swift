// A request's head on its way to an HTTP/1.1 server: one clean framing of our own, one Host, our hop's fields.

import GateCore
import GateHTTP
import GateHTTP1

/// Writes request heads.
enum RequestWriter {
    /// - Parameters:
    ///   - host: goes into Host instead of the client's, when given.
    ///   - fallbackHost: goes into Host when the request has none (HTTP/1.0).
    static func write(_ exchange: Exchange, host: String?, fallbackHost: String, into out: inout ByteBuffer) {
        if let host { setHost(host, exchange) }
        requestLine(exchange, &out)
        if !exchange.request.has(.host) {
            out.append("Host: ")
            out.append(text: fallbackHost)
            out.append("\r\n")
        }
        HeadWriter.fields(exchange.request, into: &out)
        framing(exchange, &out)
        connection(exchange, &out)
        out.append("\r\n")
    }

    private static func setHost(_ host: String, _ exchange: Exchange) {
        var bytes = exchange.worker.pool.take()
        bytes.append(text: host)
        exchange.request.set(.host, bytes.span)
        exchange.worker.pool.give(bytes)
    }

    private static func requestLine(_ exchange: Exchange, _ out: inout ByteBuffer) {
        let method = exchange.requestMethod
        let target = exchange.requestTarget
        let parts = exchange.targetParts
        if !exchange.rewritten.isEmpty {
            return HeadWriter.requestLine(method: method, target: exchange.rewrittenTarget, into: &out)
        }
        guard parts.form == .absolute else {
            return HeadWriter.requestLine(method: method, target: target, into: &out)
        }
        // RFC 9112 §3.2.1, §3.2.4: origin form towards the server; an empty path is `/`, but `*` for OPTIONS.
        out.append(method)
        out.append(byte: ASCII.space)
        if parts.path.isEmpty {
            out.append(byte: exchange.method == .options && parts.query.isEmpty ? 0x2A : ASCII.slash)
        }
        out.append(target, parts.path)
        out.append(target, parts.query)
        out.append(" HTTP/1.1\r\n")
    }

    private static func framing(_ exchange: Exchange, _ out: inout ByteBuffer) {
        switch exchange.requestFraming {
        case .none, .untilClose: break
        case .length(let count): HeadWriter.field(.contentLength, decimal: count, into: &out)
        case .chunked: HeadWriter.field(.transferEncoding, "chunked", into: &out)
        }
    }

    private static func connection(_ exchange: Exchange, _ out: inout ByteBuffer) {
        if exchange.upgradeField != nil {
            out.append("Connection: upgrade\r\nUpgrade: ")
            let token = exchange.upgradeToken
            out.append(token.span)
            out.append("\r\n")
        } else if exchange.acceptsTrailers {
            out.append("Connection: TE\r\nTE: trailers\r\n")
        }
    }
}
