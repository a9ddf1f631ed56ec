// A scripted server's HTTP/2 connection, as its script sees it: frames, and requests put together from them.

/// A request as it came on one stream.
public struct RawHTTP2Request: Sendable {
    public let stream: UInt32
    public var fields: [(String, String)]
    public var body: [UInt8] = []
    public var trailers: [(String, String)] = []
    /// The code of the RST_STREAM that cut it.
    public var resetCode: UInt32?

    /// All values of a field; pseudo-fields with their colon.
    public subscript(name: String) -> [String] { fields.filter { $0.0 == name }.map(\.1) }

    public var method: String { self[":method"].first ?? "" }
    public var path: String { self[":path"].first ?? "" }
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// What an echo answers to it, as with HTTP/1.
    public var echo: String {
        let lines =
            ["method: \(method)", "target: \(path)"]
            + fields.filter { !$0.0.hasPrefix(":") }.map { "field: \($0.0): \($0.1)" }
            + trailers.map { "trailer: \($0.0): \($0.1)" } + ["body: \(body.count)"]
        return lines.joined(separator: "\n") + "\n"
    }
}

/// What a script works with. One thread uses it.
public final class HTTP2Visit: Sendable {
    public let visit: Visit
    public let wire: RawHTTP2Connection
    private let partial = Monitor<[UInt32: RawHTTP2Request]>([:])

    init(_ visit: Visit, _ wire: RawHTTP2Connection) {
        self.visit = visit
        self.wire = wire
    }

    /// 0 for the server's first connection.
    public var number: Int { visit.number }

    private static let bound = Deadline.long

    /// The next request's head. Frames of other streams count for them.
    public func readHead() throws -> RawHTTP2Request {
        while true {
            if let request = try readFrame(), request.isNew { return request.request }
        }
    }

    /// The next request that is whole, or reset.
    public func readRequest() throws -> RawHTTP2Request {
        while true {
            guard let progress = try readFrame(), progress.isOver else { continue }
            partial.update { $0[progress.request.stream] = nil }
            return progress.request
        }
    }

    /// As `readRequest`; nil when the proxy closes instead, as it does with connections that it kept.
    public func nextRequest() throws -> RawHTTP2Request? {
        do { return try readRequest() } catch let failure as WireFailure {
            if failure.isEnd { return nil }
            throw failure
        }
    }

    private typealias Progress = (request: RawHTTP2Request, isNew: Bool, isOver: Bool)

    /// Reads a frame of some request; nil for GOAWAY.
    private func readFrame() throws -> Progress? {
        let wanted = [RawFrame.headers, RawFrame.data, RawFrame.reset, RawFrame.goAway]
        let frame = try wire.readFrame(within: Self.bound) { wanted.contains($0.type) }
        guard frame.type != RawFrame.goAway else { return nil }
        var request = partial.current[frame.stream]
        let isNew = request == nil
        switch frame.type {
        case RawFrame.headers:
            let fields = try wire.fields(of: frame)
            if request == nil {
                request = RawHTTP2Request(stream: frame.stream, fields: fields)
            } else {
                request?.trailers = fields
            }
        case RawFrame.data:
            request?.body += frame.payload
            if !frame.payload.isEmpty { try credit(frame.stream, UInt32(frame.payload.count)) }
        default: request?.resetCode = frame.number(at: 0)
        }
        guard let request else { return nil }
        partial.update { $0[frame.stream] = request }
        return (request, isNew, frame.endsStream || frame.type == RawFrame.reset)
    }

    private func credit(_ stream: UInt32, _ count: UInt32) throws {
        try? wire.send(.windowUpdate(0, count), .windowUpdate(stream, count))
    }

    // MARK: Answers

    /// A whole response.
    public func respond(
        _ stream: UInt32, _ status: Int = 200, _ fields: [(String, String)] = [], body: String = "",
        trailers: [(String, String)] = []
    ) throws {
        try respondHead(stream, status, fields, ends: body.isEmpty && trailers.isEmpty)
        if !body.isEmpty { try wire.send(.data(stream, body, ends: trailers.isEmpty)) }
        if !trailers.isEmpty { try wire.send(.headers(stream, trailers)) }
    }

    /// A response's head.
    public func respondHead(
        _ stream: UInt32, _ status: Int = 200, _ fields: [(String, String)] = [], ends: Bool = false
    ) throws {
        try wire.send(.headers(stream, [(":status", "\(status)")] + fields, ends: ends))
    }

    /// What a stream may send before it is told more (RFC 9113 §6.9.2).
    private static let firstWindowBytes = 65_535

    /// A body of any size, which ends its response unless trailers follow: it keeps to the stream's window.
    public func sendBody(_ stream: UInt32, _ body: [UInt8], ends: Bool = true) throws {
        var window = Self.firstWindowBytes
        var at = 0
        while at < body.count {
            while window == 0 {
                let update = try wire.readFrame(within: Self.bound) {
                    $0.type == RawFrame.windowUpdate && $0.stream == stream
                }
                window += Int(update.number(at: 0) ?? 0)
            }
            let count = min(16_384, window, body.count - at)
            try wire.send(.data(stream, Array(body[at..<(at + count)]), ends: ends && at + count == body.count))
            window -= count
            at += count
        }
    }

    /// GOAWAY.
    public func goAway(lastStream: UInt32, code: UInt32 = 0) throws {
        try wire.send(
            RawFrame(type: RawFrame.goAway, payload: RawFrame.number(lastStream) + RawFrame.number(code)))
    }

    /// Does nothing until the test calls `server.release.fire()` or the server stops.
    public func stall() throws { try visit.stall() }
}

extension ScriptedServer {
    /// Greets as an HTTP/2 server with these settings, and runs `script` on each connection.
    public static func http2(
        _ settings: [(UInt16, UInt32)] = [], _ script: @escaping @Sendable (HTTP2Visit) throws -> Void
    ) -> Script {
        { visit in
            try greet(visit.connection)
            try script(HTTP2Visit(visit, RawHTTP2Connection(alreadyGreeted: visit.connection, settings: settings)))
        }
    }

    /// The same over TLS, where the client chooses `h2`; else `fallback` has the connection.
    public static func secureHTTP2(
        _ options: RawTLSOptions, _ settings: [(UInt16, UInt32)] = [],
        fallback: @escaping @Sendable (SecureVisit) throws -> Void = { _ in },
        _ script: @escaping @Sendable (HTTP2Visit) throws -> Void
    ) -> Script {
        secure(options) { visit in
            guard visit.tls.negotiatedProtocol == "h2" else { return try fallback(visit) }
            try greet(visit.tls)
            try script(HTTP2Visit(visit.visit, RawHTTP2Connection(alreadyGreeted: visit.tls, settings: settings)))
        }
    }

    private static func greet(_ stream: any ByteStream) throws {
        let preface = try stream.read(exactly: RawHTTP2Connection.preface.utf8.count, within: Deadline.long)
        guard preface == Array(RawHTTP2Connection.preface.utf8) else {
            throw WireFailure(.malformed("no preface"), had: preface)
        }
    }

    /// Answers every request with `200` and what was asked, as `echo` does.
    public static let http2Echo: Script = http2 { visit in
        while let request = try visit.nextRequest() {
            if request.resetCode == nil { try visit.respond(request.stream, body: request.echo) }
        }
    }
}
