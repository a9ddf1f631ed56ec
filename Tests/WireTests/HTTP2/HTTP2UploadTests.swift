// DESIGN §3.7 over HTTP/2: a server that does not read stops one stream, and nobody else.

import GateTesting
import Testing

@Suite("Uploads over HTTP/2")
struct HTTP2UploadTests {
    private typealias Raw = RawHTTP2Connection

    /// Well above what the kernel holds on one connection of the loopback, far below what is sent.
    private static let bound = 32 << 20
    private static let total = 64 << 20
    private static let quiet = "limits: { min_request_rate: off }\n"

    /// Sends body on a stream as its windows allow, until all is gone or no window opens for `quiet`.
    private struct Sender {
        let client: RawHTTP2Connection
        let id: UInt32
        var left: Int
        var connectionWindow = 65_535
        var streamWindow: Int
        private static let piece = [UInt8](repeating: 7, count: 16_384)

        /// Bytes that left.
        mutating func send(quiet: Duration) throws -> Int {
            let before = left
            while left > 0 {
                let count = min(left, connectionWindow, streamWindow, Self.piece.count)
                if count > 0 {
                    try client.send(.data(id, Array(Self.piece[0..<count]), ends: count == left))
                    left -= count
                    connectionWindow -= count
                    streamWindow -= count
                } else if try !takeWindow(quiet) {
                    break
                }
            }
            return before - left
        }

        private mutating func takeWindow(_ bound: Duration) throws -> Bool {
            let frame: RawFrame
            do {
                frame = try client.readFrame(within: bound) { $0.type == RawFrame.windowUpdate }
            } catch let failure as WireFailure where failure.kind == .timedOut {
                return false
            }
            let increment = Int(frame.number(at: 0) ?? 0)
            if frame.stream == 0 { connectionWindow += increment } else { streamWindow += increment }
            return true
        }
    }

    /// What SETTINGS allow every stream at first (RFC 9113 §6.5.2).
    private static func streamWindow(_ client: RawHTTP2Connection) throws -> Int {
        let settings = try client.readFrame { $0.type == RawFrame.settings && $0.flags == 0 }
        for at in stride(from: 0, to: settings.payload.count, by: 6) where settings.payload[at + 1] == 4 {
            return Int(settings.number(at: at + 2) ?? 0)
        }
        return 65_535
    }

    @Test("a server that does not read stops its stream alone; when it reads, all arrives (RFC 9113 §5.2)")
    func stalledServer() throws {
        let arrived = Monitor<Int?>(nil)
        let script: ScriptedServer.Script = { visit in
            let head = try visit.readHead()
            guard head.startLine.contains("/slow") else { return try visit.respond(body: "ok") }
            try visit.stall()
            let count = try visit.connection.readBody(.length(Self.total), within: .seconds(120)).bytes.count
            arrived.update { $0 = count }
            try visit.respond(body: "done")
        }
        try Stage.playHTTP2(script, .init(top: Self.quiet)) { stage in
            let client = try stage.connectHTTP2()
            let window = try Self.streamWindow(client)
            try client.send(
                .headers(
                    1, Raw.head("POST", "/slow", [("content-length", "\(Self.total)")]), ends: false))
            var sender = Sender(client: client, id: 1, left: Self.total, streamWindow: window)
            let stuck = try sender.send(quiet: .milliseconds(500))
            #expect(stuck < Self.bound, "the client got rid of \(stuck) bytes")
            #expect(stage.proxy.buffersOut <= 8, "\(stage.proxy.buffersOut) buffers for one exchange")
            // The connection goes on for others.
            try client.get(3)
            #expect(try client.response(3).text == "ok")
            stage.backend.release.fire()
            _ = try sender.send(quiet: Deadline.usual)
            #expect(sender.left == 0)
            #expect(try client.response(1).text == "done")
            #expect(arrived.wait(within: Deadline.usual) { $0 } == Self.total)
        }
    }
}
