// An HTTP/2 client for tests that knows frames and no manners: it sends what it is told, right or wrong, and reads what comes.

internal import GateCore
internal import GateHTTP2
internal import Synchronization

/// HTTP/2 over a stream of bytes, clear or TLS. One thread uses it at a time.
public final class RawHTTP2Connection: Sendable {
    public let stream: any ByteStream
    private let state = Mutex(State())

    private struct State: ~Copyable {
        var decoder = HPACKDecoder()
        var lines = ByteBuffer(capacity: 65_536)
    }

    public static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// Over a connection on which nothing was said. Sends the preface and, unless nil, SETTINGS.
    public init(_ stream: any ByteStream, settings: [(UInt16, UInt32)]? = []) throws {
        self.stream = stream
        try stream.send(Self.preface)
        if let settings { try send(.settings(settings)) }
    }

    /// Over a connection on which the preface was said. Sends SETTINGS.
    public init(alreadyGreeted stream: any ByteStream, settings: [(UInt16, UInt32)] = []) throws {
        self.stream = stream
        try send(.settings(settings))
    }

    // MARK: Sending

    public func send(_ frames: RawFrame...) throws { try stream.send(frames.flatMap(\.bytes)) }

    public func send(_ frames: [RawFrame]) throws { try stream.send(frames.flatMap(\.bytes)) }

    /// What every request has, and `fields` behind it.
    public static func head(
        _ method: String = "GET", _ path: String = "/", scheme: String = "http", authority: String = "a.example",
        _ fields: [(String, String)] = []
    ) -> [(String, String)] {
        [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)] + fields
    }

    /// The same for `/`.
    public static func head(_ method: String, _ fields: [(String, String)]) -> [(String, String)] {
        head(method, "/", fields)
    }

    /// A request without a body.
    public func get(_ id: UInt32, _ path: String = "/", scheme: String = "http", _ fields: [(String, String)] = [])
        throws
    {
        try send(.headers(id, Self.head("GET", path, scheme: scheme, fields)))
    }

    /// Acknowledges SETTINGS and answers PINGs that come, opens wide windows for the connection.
    public func openWindow(_ id: UInt32 = 0, _ bytes: UInt32 = 1 << 30) throws { try send(.windowUpdate(id, bytes)) }

    // MARK: Receiving

    /// The next frame, whatever it is.
    public func readFrame(within bound: Duration = Deadline.usual) throws -> RawFrame {
        let head = try stream.read(exactly: 9, within: bound)
        let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        let id = head[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        return RawFrame(
            type: head[3], flags: head[4], stream: id,
            payload: count == 0 ? [] : try stream.read(exactly: count, within: bound))
    }

    /// The next frame that is neither SETTINGS, PING nor WINDOW_UPDATE. SETTINGS are acknowledged on the way.
    public func readMessage(within bound: Duration = Deadline.usual) throws -> RawFrame {
        try readFrame(within: bound) { ![RawFrame.settings, RawFrame.ping, RawFrame.windowUpdate].contains($0.type) }
    }

    /// The next frame that fits; others are passed over, SETTINGS and PINGs answered.
    public func readFrame(
        within bound: Duration = Deadline.usual, where fits: (RawFrame) -> Bool
    ) throws -> RawFrame {
        let deadline = Deadline(within: bound)
        while true {
            let frame = try readFrame(within: .milliseconds(max(1, Int(deadline.leftMs))))
            try answer(frame)
            if fits(frame) { return frame }
            // Tables change with every block, wanted or not.
            if frame.type == RawFrame.headers { _ = try fields(of: frame) }
        }
    }

    private func answer(_ frame: RawFrame) throws {
        guard frame.flags & RawFrame.acknowledgement == 0 else { return }
        if frame.type == RawFrame.settings {
            try? send(RawFrame(type: RawFrame.settings, flags: RawFrame.acknowledgement))
        } else if frame.type == RawFrame.ping {
            try? send(RawFrame(type: RawFrame.ping, flags: RawFrame.acknowledgement, payload: frame.payload))
        }
    }

    /// The fields of a HEADERS frame with a whole block, names as they came.
    public func fields(of frame: RawFrame) throws -> [(String, String)] {
        guard frame.flags & RawFrame.endHeaders != 0 else { throw WireFailure(.malformed("a block in pieces")) }
        return try state.withLock { state in
            var fields: [(String, String)] = []
            var at = 0
            state.lines.removeAll()
            do throws(HPACKFailure) {
                while let field = try state.decoder.next(
                    frame.payload.span, at: &at, into: &state.lines, lineBytesMax: 65_536)
                {
                    fields.append(
                        (
                            state.lines.span.extracting(field.name).text,
                            state.lines.span.extracting(field.value).text
                        ))
                }
            } catch { throw WireFailure(.malformed("a field block: \(error)"), had: frame.payload) }
            return fields
        }
    }

    /// A whole response on one stream. DATA is given credit as it comes. Frames of other streams are passed over.
    public func response(
        _ id: UInt32, within bound: Duration = Deadline.usual, givesCredit: Bool = true
    ) throws -> RawHTTP2Response {
        var response = RawHTTP2Response()
        while true {
            let frame = try readFrame(within: bound) {
                $0.stream == id && $0.type != RawFrame.windowUpdate
                    || $0.type == RawFrame.goAway && $0.number(at: 4) != 0
            }
            switch frame.type {
            case RawFrame.headers: try response.take(fields(of: frame))
            case RawFrame.data:
                response.body += frame.payload
                if givesCredit && !frame.payload.isEmpty {
                    let count = UInt32(frame.payload.count)
                    try? send(.windowUpdate(0, count), .windowUpdate(id, count))
                }
            case RawFrame.reset, RawFrame.goAway:
                response.resetCode = frame.number(at: frame.type == RawFrame.reset ? 0 : 4)
                return response
            default: throw WireFailure(.malformed("\(frame)"))
            }
            if frame.endsStream { return response }
        }
    }

    /// Waits for the stream's RST_STREAM and answers its code.
    public func resetCode(_ id: UInt32, within bound: Duration = Deadline.usual) throws -> UInt32 {
        try readFrame(within: bound) { $0.type == RawFrame.reset && $0.stream == id }.number(at: 0) ?? .max
    }

    /// Waits for the GOAWAY that ends the connection, then for the end, and answers its code.
    public func goAwayCode(within bound: Duration = Deadline.usual) throws -> UInt32 {
        let frame = try readFrame(within: bound) {
            $0.type == RawFrame.goAway && ($0.number(at: 4) != 0 || $0.number(at: 0) != 0x7FFF_FFFF)
        }
        return frame.number(at: 4) ?? .max
    }
}

/// What came on one stream.
public struct RawHTTP2Response: Sendable {
    /// Heads with status 1xx.
    public var interim: [[(String, String)]] = []
    public var fields: [(String, String)] = []
    public var body: [UInt8] = []
    public var trailers: [(String, String)] = []
    /// The code of the RST_STREAM or GOAWAY that cut it.
    public var resetCode: UInt32?

    public init() {}

    /// 0 when no head came.
    public var status: Int { self[":status"].first.flatMap { Int($0) } ?? 0 }

    public subscript(name: String) -> [String] { fields.filter { $0.0 == name }.map(\.1) }

    public var text: String { String(decoding: body, as: UTF8.self) }

    mutating func take(_ block: [(String, String)]) {
        let status = block.first { $0.0 == ":status" }.flatMap { Int($0.1) }
        guard let status else {
            trailers = block
            return
        }
        if status < 200 { interim.append(block) } else { fields = block }
    }
}
