// Every version on the clients' side with every version on the servers' side, in clear text and over TLS: the same messages,
// the same endings.

import GateTesting
import Testing

/// Which versions meet, and over what.
struct VersionPair: Sendable, CustomTestStringConvertible {
    let client: String
    let backend: String
    let isClientSecure: Bool
    let isBackendSecure: Bool

    static let all: [VersionPair] = ["1.1", "2"].flatMap { client in
        ["1.0", "1.1", "2"].flatMap { backend in
            [false, true].flatMap { isClientSecure in
                [false, true].map { isBackendSecure in
                    VersionPair(
                        client: client, backend: backend, isClientSecure: isClientSecure,
                        isBackendSecure: isBackendSecure)
                }
            }
        }
    }

    /// Those in which both versions have WebSocket (RFC 6455, RFC 8441).
    static let withWebSocket = all.filter { $0.backend != "1.0" }

    var testDescription: String {
        client + (isClientSecure ? " over TLS" : "") + " to " + backend + (isBackendSecure ? " over TLS" : "")
    }
}

/// What a client saw.
struct MatrixOutcome {
    var status = 0
    var body = ""
    var interim: [Int] = []
    var trailers: [String] = []
    var isCut = false
}

@Suite("Every version with every version")
struct VersionMatrixTests {
    @Test("bodies go both ways", arguments: VersionPair.all)
    func bodies(pair: VersionPair) throws {
        try play(pair) { (ask) throws in
            #expect(try ask("GET", "/echo", "").body == "GET 0")
            #expect(try ask("POST", "/echo", "hello").body == "POST 5")
            #expect(try ask("POST", "/echo", String(repeating: "x", count: 200_000)).body == "POST 200000")
        }
    }

    @Test("trailers and interim responses pass wherever the server's version has them", arguments: VersionPair.all)
    func trailers(pair: VersionPair) throws {
        try play(pair) { ask in
            let trailers = try ask("GET", "/trailers", "")
            #expect(trailers.body == "hello")
            #expect(trailers.trailers == (pair.backend == "1.0" ? [] : ["x-sum: 7"]))
            let interim = try ask("GET", "/interim", "")
            #expect(interim.interim == (pair.backend == "1.0" ? [] : [103]))
            #expect(interim.body == "done")
        }
    }

    @Test("errors arrive as they are, and a response that is cut is seen to be", arguments: VersionPair.all)
    func errors(pair: VersionPair) throws {
        try play(pair) { ask in
            let error = try ask("GET", "/error", "")
            #expect(error.status == 503)
            #expect(error.body == "not now")
            #expect(try ask("GET", "/cut", "").isCut)
            #expect(try ask("GET", "/echo", "").body == "GET 0")
        }
    }

    // MARK: The scene

    private typealias Ask = (_ method: String, _ path: String, _ body: String) throws -> MatrixOutcome

    private func play(_ pair: VersionPair, _ body: (Ask) throws -> Void) throws {
        let script = MatrixScript(http1: { try Self.serveHTTP1($0, pair.backend) }, http2: Self.serveHTTP2)
        try script.play(pair) { connect in try body { try Self.ask(pair, connect(), $0, $1, $2) } }
    }

    // MARK: The client

    private static func ask(
        _ pair: VersionPair, _ stream: any ByteStream, _ method: String, _ path: String, _ body: String
    ) throws -> MatrixOutcome {
        pair.client == "2" ? try askHTTP2(pair, stream, method, path, body) : try askHTTP1(stream, method, path, body)
    }

    private static func askHTTP1(
        _ stream: any ByteStream, _ method: String, _ path: String, _ body: String
    ) throws -> MatrixOutcome {
        var outcome = MatrixOutcome()
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        try stream.send(
            GateTesting.ask(method, path, "Connection: TE\r\nTE: trailers\r\n" + length) + body,
            within: .seconds(30))
        do {
            let response = try stream.readResponse(to: method, within: .seconds(30))
            outcome.status = response.status
            outcome.body = response.body.text
            outcome.interim = response.interim.map(\.status)
            outcome.trailers = response.body.trailers.map { "\($0)".lowercased() }
        } catch let failure as WireFailure {
            outcome.isCut = failure.isEnd
        }
        return outcome
    }

    private static func askHTTP2(
        _ pair: VersionPair, _ stream: any ByteStream, _ method: String, _ path: String, _ body: String
    ) throws -> MatrixOutcome {
        var outcome = MatrixOutcome()
        let wire = try RawHTTP2Connection(stream)
        let head = RawHTTP2Connection.head(
            method, path, scheme: pair.isClientSecure ? "https" : "http", [("te", "trailers")])
        try wire.send(.headers(1, head, ends: body.isEmpty))
        if !body.isEmpty { try send(Array(body.utf8), on: wire) }
        let response = try wire.response(1, within: .seconds(30))
        outcome.status = response.status
        outcome.body = response.text
        outcome.interim = response.interim.compactMap { $0.first { $0.0 == ":status" }.flatMap { Int($0.1) } }
        outcome.trailers = response.trailers.map { "\($0.0): \($0.1)" }
        outcome.isCut = response.resetCode != nil
        return outcome
    }

    /// Keeps to the windows that the proxy gives.
    private static func send(_ body: [UInt8], on wire: RawHTTP2Connection) throws {
        var windows: [UInt32: Int] = [0: 65_535, 1: 65_535]
        var at = 0
        while at < body.count {
            while min(windows[0]!, windows[1]!) <= 0 {
                let update = try wire.readFrame(within: .seconds(30)) { $0.type == RawFrame.windowUpdate }
                windows[update.stream, default: 0] += Int(update.number(at: 0) ?? 0)
            }
            let count = min(16_384, windows[0]!, windows[1]!, body.count - at)
            try wire.send(.data(1, Array(body[at..<(at + count)]), ends: at + count == body.count))
            windows[0]! -= count
            windows[1]! -= count
            at += count
        }
    }

    // MARK: The backend

    @Sendable private static func serveHTTP2(_ visit: HTTP2Visit) throws {
        while let request = try visit.nextRequest() {
            let id = request.stream
            switch request.path {
            case "/trailers": try visit.respond(id, body: "hello", trailers: [("x-sum", "7")])
            case "/interim":
                try visit.respondHead(id, 103, [("link", "</a.css>")])
                try visit.respond(id, body: "done")
            case "/error": try visit.respond(id, 503, body: "not now")
            case "/cut":
                try visit.respondHead(id)
                try visit.wire.send(.data(id, "half"), .reset(id, 2))
            default: try visit.respond(id, body: "\(request.method) \(request.body.count)")
            }
        }
    }

    /// One request a connection with 1.0, as that version has it.
    @Sendable private static func serveHTTP1(_ stream: any ByteStream, _ version: String) throws {
        repeat {
            let request: RawRequest
            do { request = try stream.readRequest(within: .seconds(60)) } catch let failure as WireFailure {
                if failure.isEnd { return }
                throw failure
            }
            let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            switch request.target {
            case "/trailers" where version == "1.1":
                try stream.send(chunked + "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n")
            case "/trailers": try respond(stream, version, "200 OK", "hello")
            case "/interim":
                if version == "1.1" { try stream.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n") }
                try respond(stream, version, "200 OK", "done")
            case "/error": try respond(stream, version, "503 Service Unavailable", "not now")
            case "/cut": return try stream.send("HTTP/\(version) 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            default: try respond(stream, version, "200 OK", "\(request.method) \(request.body.bytes.count)")
            }
        } while version == "1.1"
    }

    private static func respond(_ stream: any ByteStream, _ version: String, _ status: String, _ body: String) throws {
        try stream.send("HTTP/\(version) \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}
