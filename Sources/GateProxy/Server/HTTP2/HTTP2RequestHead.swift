// A request's head on its way to an HTTP/2 server (RFC 9113 §8.3.1): the same request as HTTP/1.1 would get.

import GateCore
import GateHTTP
import GateHTTP2

/// Sends request heads. What they need beside the request's own fields is taken back afterwards: the request may go to
/// another server.
enum HTTP2RequestHead {
    /// - Returns: false, and nothing is sent, when the head is larger than the server has said to take.
    static func send(
        _ exchange: Exchange, on connection: HTTP2ServerConnection, _ index: HTTP2StreamIndex, isEnd: Bool
    ) -> Bool {
        connection.out.prepare(exchange.worker.pool)
        return write(
            exchange, to: connection.server, isSecure: connection.tls != nil, index, isEnd: isEnd,
            &connection.core, into: &connection.out.buffer)
    }

    /// As `send`, without a connection. `isSecure`: the server is spoken to over TLS.
    static func write(
        _ exchange: Exchange, to server: ServerRuntime, isSecure: Bool, _ index: HTTP2StreamIndex, isEnd: Bool,
        _ core: inout HTTP2Connection, into out: inout ByteBuffer
    ) -> Bool {
        if exchange.changesHost, let host = exchange.route?.ownHost(for: server.plan) { setHost(host, exchange) }
        let host = exchange.request.first(.host)
        if let host { exchange.request.removeField(at: host) }
        let own = exchange.request.fieldCount
        addOwn(exchange)
        let isTunnel = exchange.upgradeField != nil
        let key = isTunnel ? exchange.request.first(.secWebSocketKey) : nil
        if let key { exchange.request.removeField(at: key) }
        var isSent = false
        withTarget(exchange) { path in
            if let host {
                isSent = write(exchange, isSecure, index, exchange.requestValue(host), path, isEnd, &core, &out)
            } else {
                let name = Array(server.plan.host.utf8)
                isSent = write(exchange, isSecure, index, name.span, path, isEnd, &core, &out)
            }
        }
        for added in own..<exchange.request.fieldCount { exchange.request.removeField(at: added) }
        if let host { exchange.request.restoreField(at: host) }
        if let key { exchange.request.restoreField(at: key) }
        return isSent
    }

    private static func write(
        _ exchange: Exchange, _ isSecure: Bool, _ index: HTTP2StreamIndex, _ authority: Span<UInt8>,
        _ path: Span<UInt8>, _ isEnd: Bool, _ core: inout HTTP2Connection, _ out: inout ByteBuffer
    ) -> Bool {
        let isTunnel = exchange.upgradeField != nil
        let none = Span<UInt8>()
        let token = exchange.upgradeToken
        var pseudoBytes = 4 * fieldOverhead + ":method:scheme:authority:path".utf8.count
        pseudoBytes += isTunnel ? connect.count : exchange.requestMethod.count
        pseudoBytes += (isSecure ? https.count : http.count) + authority.count + path.count
        if isTunnel { pseudoBytes += fieldOverhead + ":protocol".utf8.count + token.count }
        guard fits(exchange.request, pseudoBytes, core.peerSettings.headerListBytes) else { return false }
        core.sendRequest(
            index, method: isTunnel ? connect.span : exchange.requestMethod,
            scheme: isSecure ? https.span : http.span, authority: authority, path: path,
            protocol: isTunnel ? token.span : none, exchange.request, isEnd: isEnd && !isTunnel, into: &out)
        return true
    }

    /// Whether a head is within what the server takes, counted as RFC 9113 §6.5.2 does. The bound is advice, but a server
    /// that means it may end the connection for a larger one, and with it the requests of others (§10.5.1).
    private static func fits(_ head: borrowing MessageHead, _ pseudoBytes: Int, _ most: Int) -> Bool {
        // Hardly anybody comes near: no field is looked at for those that are far below.
        let lines = head.received.count + head.ownLines.count
        return pseudoBytes + lines + head.fieldCount * fieldOverhead <= most || pseudoBytes + listBytes(head) <= most
    }

    /// What RFC 9113 §6.5.2 adds for each field.
    private static let fieldOverhead = 32

    private static func listBytes(_ head: borrowing MessageHead) -> Int {
        var bytes = 0
        for index in 0..<head.fieldCount where !head.field(index).isRemoved {
            bytes += head.name(index).count + head.value(index).count + fieldOverhead
        }
        return bytes
    }

    private static let connect = Array("CONNECT".utf8)
    private static let http = Array("http".utf8)
    private static let https = Array("https".utf8)
    private static let slash = Array("/".utf8)
    private static let asterisk = Array("*".utf8)

    private static func setHost(_ host: String, _ exchange: Exchange) {
        var bytes = exchange.worker.pool.take()
        bytes.append(text: host)
        exchange.request.set(.host, bytes.span)
        exchange.worker.pool.give(bytes)
    }

    /// The length, where it is known, and whether trailers are welcome (RFC 9113 §8.2.2).
    private static func addOwn(_ exchange: Exchange) {
        if case .length(let count) = exchange.requestFraming {
            exchange.request.beginField(.contentLength)
            exchange.request.withOwn { $0.append(decimal: count) }
            exchange.request.endField()
        }
        if exchange.acceptsTrailers { exchange.request.add(.te, "trailers") }
    }

    /// Origin form, whatever the client wrote; an empty path is `/`, but `*` for OPTIONS.
    private static func withTarget(_ exchange: Exchange, _ body: (Span<UInt8>) -> Void) {
        let target = exchange.requestTarget
        let parts = exchange.targetParts
        if !exchange.rewritten.isEmpty { return body(exchange.rewrittenTarget) }
        guard parts.form == .absolute else { return body(target) }
        guard parts.path.isEmpty else {
            let end = max(parts.path.upperBound, parts.query.upperBound)
            return body(target.extracting(parts.path.lowerBound..<end))
        }
        guard !parts.query.isEmpty else { return body(exchange.method == .options ? asterisk.span : slash.span) }
        var bytes = exchange.worker.pool.take()
        bytes.append(byte: ASCII.slash)
        bytes.append(target, parts.query)
        body(bytes.span)
        exchange.worker.pool.give(bytes)
    }
}
