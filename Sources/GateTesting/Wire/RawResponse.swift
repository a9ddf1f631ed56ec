/// A response as a client received it.
public struct RawResponse: Sendable, CustomStringConvertible {
    /// The heads with status 1xx that came before, in order; a 101 is no such head.
    public let interim: [RawHead]
    public let head: RawHead
    public let body: RawBody

    public var version: String { head.part(0) }
    public var status: Int { head.status }

    public subscript(name: String) -> [String] { head[name] }

    /// Whether the server said that it closes behind this response.
    public var announcesClose: Bool { head.lists("close", in: "Connection") }

    public var description: String { head.text + body.text }
}

extension RawHead {
    /// The status code; 0 when there is none.
    public var status: Int { part(1).count == 3 ? Int(part(1)) ?? 0 : 0 }

    /// How the body of a response with this head to a request with `method` is framed.
    func responseFraming(to method: String) -> RawBody.Framing {
        if method == "HEAD" || status < 200 || status == 204 || status == 304 { return .none }
        if has("Transfer-Encoding") { return .chunked }
        return only("Content-Length").flatMap { Int($0) }.map { .length($0) } ?? .untilEnd
    }
}

extension ByteStream {
    /// Reads a whole response, the interim ones before it included. A body that is cut throws.
    public func readResponse(to method: String = "GET", within bound: Duration = Deadline.usual) throws -> RawResponse {
        var interim: [RawHead] = []
        while true {
            let head = try readHead(within: bound)
            guard head.startLine.hasPrefix("HTTP/1."), head.status >= 100 else {
                throw WireFailure(.malformed("status line"), had: Array(head.text.utf8))
            }
            if head.status < 200 && head.status != 101 {
                interim.append(head)
                continue
            }
            let body = try readBody(head.responseFraming(to: method), within: bound)
            return RawResponse(interim: interim, head: head, body: body)
        }
    }
}
