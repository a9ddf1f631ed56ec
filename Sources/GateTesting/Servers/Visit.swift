// One connection at a scripted server, as its script sees it.

/// What a script works with.
public struct Visit: Sendable {
    public let connection: RawConnection
    /// 0 for the server's first connection.
    public let number: Int
    public let server: ScriptedServer

    /// Reads a whole request and hands it to the test.
    @discardableResult
    public func readRequest(within bound: Duration = Deadline.long) throws -> RawRequest {
        let request = try connection.readRequest(within: bound)
        server.requests.update { $0.append(request) }
        return request
    }

    /// Reads a request's head only, and hands it to the test as a request without a body.
    @discardableResult
    public func readHead(within bound: Duration = Deadline.long) throws -> RawHead {
        let head = try connection.readHead(within: bound)
        server.requests.update { $0.append(RawRequest(head: head)) }
        return head
    }

    /// Reads a whole request; nil when the proxy closes instead, as it does with connections that it kept.
    public func nextRequest() throws -> RawRequest? {
        do { return try readRequest() } catch let failure as WireFailure {
            if failure.had.isEmpty && failure.isEnd { return nil }
            throw failure
        }
    }

    /// Sends raw bytes.
    public func send(_ text: String) throws { try connection.send(text, within: Deadline.long) }

    /// Sends raw bytes.
    public func send(_ bytes: [UInt8]) throws { try connection.send(bytes, within: Deadline.long) }

    /// Sends a response of known length.
    public func respond(_ status: String = "200 OK", fields: String = "", body: String = "") throws {
        try send("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Does nothing until the test calls `server.release.fire()` or the server stops.
    public func stall() throws { try server.release.wait(within: Deadline.long) }
}
