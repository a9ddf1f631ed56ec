/// A request as a backend received it.
public struct RawRequest: Sendable, CustomStringConvertible {
    public let head: RawHead
    public let body: RawBody

    /// A request of these parts; without a body when only its head has been read.
    public init(head: RawHead, body: RawBody? = nil) {
        self.head = head
        self.body = body ?? RawBody(framing: .none, bytes: [])
    }

    public var method: String { head.part(0) }
    public var target: String { head.part(1) }
    public var version: String { head.part(2) }

    public subscript(name: String) -> [String] { head[name] }

    public var description: String { head.text + body.text }
}

extension RawHead {
    /// How the body of a request with this head is framed; this reader trusts the proxy to send one framing.
    var requestFraming: RawBody.Framing {
        get throws {
            if has("Transfer-Encoding") {
                guard only("Transfer-Encoding") == "chunked", !has("Content-Length") else {
                    throw WireFailure(.malformed("framing"), had: Array(text.utf8))
                }
                return .chunked
            }
            guard has("Content-Length") else { return .none }
            guard let length = only("Content-Length").flatMap({ Int($0) }) else {
                throw WireFailure(.malformed("Content-Length"), had: Array(text.utf8))
            }
            return .length(length)
        }
    }
}

extension ByteStream {
    /// Reads a head up to its empty line.
    public func readHead(within bound: Duration = Deadline.usual) throws -> RawHead {
        try RawHead(read(until: "\r\n\r\n", within: bound))
    }

    /// Reads a request with its body.
    public func readRequest(within bound: Duration = Deadline.usual) throws -> RawRequest {
        let head = try readHead(within: bound)
        return RawRequest(head: head, body: try readBody(head.requestFraming, within: bound))
    }
}
