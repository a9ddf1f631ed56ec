// Requests as text, for tests in which their form is not the point.

/// `GET` with Host and `fields`, each line with its CRLF.
public func get(_ target: String = "/", _ fields: String = "", host: String = "a.example") -> String {
    ask("GET", target, fields, host: host)
}

/// A request without a body.
public func ask(_ method: String, _ target: String = "/", _ fields: String = "", host: String = "a.example") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n"
}

/// `POST` with a body of known length.
public func post(_ target: String = "/", _ fields: String = "", body: String) -> String {
    ask("POST", target, "\(fields)Content-Length: \(body.utf8.count)\r\n") + body
}

/// `POST` with a chunked body; `chunks` as they go over the wire, the last one included.
public func postChunked(_ target: String = "/", _ fields: String = "", chunks: String) -> String {
    ask("POST", target, "\(fields)Transfer-Encoding: chunked\r\n") + chunks
}

/// A request for a WebSocket, or for another protocol.
public func upgrade(_ target: String = "/", to token: String = "websocket", _ fields: String = "") -> String {
    let keys = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    return get(target, "Connection: Upgrade\r\nUpgrade: \(token)\r\n\(keys)\(fields)")
}

/// A response whose body has a known length.
public func answer(_ status: String = "200 OK", _ fields: String = "", body: String = "") -> String {
    "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// A response with a chunked body; `chunks` as they go over the wire.
public func answerChunked(_ fields: String = "", chunks: String) -> String {
    "HTTP/1.1 200 OK\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n\(chunks)"
}

/// The answer to a request for a WebSocket.
public let switchingProtocols =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
