// Large bodies to clients over HTTP/2: every byte in its place, whether the kernel takes a write whole or in part.

import GateTesting
import Testing

@Suite("Downloads over HTTP/2")
struct HTTP2DownloadTests {
    private typealias Raw = RawHTTP2Connection

    /// A length that no buffer and no frame divides.
    private static let total = (3 << 20) + 7
    /// Repeats after a prime number of bytes, so that a piece in the wrong place shows.
    private static let body = [UInt8]((0..<total).map { UInt8(truncatingIfNeeded: $0 % 251) })

    enum Framing: CaseIterable { case length, chunked, untilClose }

    private static func script(_ framing: Framing) -> ScriptedServer.Script {
        { visit in
            guard try visit.nextRequest() != nil else { return }
            switch framing {
            case .length:
                try visit.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: \(total)\r\n\r\n")
                try visit.send(body)
            case .chunked:
                try visit.send("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
                // A chunk that fills frames to the byte, and one that does not.
                for range in [0..<65_536, 65_536..<total] {
                    try visit.send("\(String(range.count, radix: 16))\r\n")
                    try visit.send([UInt8](body[range]))
                    try visit.send("\r\n")
                }
                try visit.send("0\r\n\r\n")
            case .untilClose:
                try visit.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                try visit.send(body)
            }
        }
    }

    @Test(
        "every byte arrives where it belongs, and the end with it", arguments: Framing.allCases,
        [Int?.none, 4096])
    func bytes(_ framing: Framing, _ receiveBufferBytes: Int?) throws {
        try Stage.playHTTP2(Self.script(framing)) { stage in
            let client = try stage.connectHTTP2(settings: [(4, 1 << 30)], receiveBufferBytes: receiveBufferBytes)
            try client.openWindow()
            try client.get(1)
            let response = try client.response(1, givesCredit: false)
            #expect(response.status == 200)
            #expect(response.body == Self.body)
            #expect(response.resetCode == nil)
        }
    }

    @Test("the end stands on the last frame of a body whose length was said (RFC 9113 §8.1)")
    func endsOnLastFrame() throws {
        try Stage.playHTTP2(Self.script(.length)) { stage in
            let client = try stage.connectHTTP2(settings: [(4, 1 << 30)])
            try client.openWindow()
            try client.get(1)
            var bytes = 0
            var last: RawFrame
            repeat {
                last = try client.readFrame { $0.type == RawFrame.data }
                bytes += last.payload.count
            } while !last.endsStream
            #expect(bytes == Self.total)
            #expect(!last.payload.isEmpty)
        }
    }

    @Test("streams that share a connection with small windows lose nothing")
    func sharing() throws {
        try Stage.playHTTP2(Self.script(.length)) { stage in
            let client = try stage.connectHTTP2(settings: [(4, 40_000)], receiveBufferBytes: 16_384)
            let ids: [UInt32] = [1, 3, 5]
            for id in ids { try client.get(id) }
            var bodies: [UInt32: [UInt8]] = [:]
            var ended = 0
            while ended < ids.count {
                let frame = try client.readFrame { $0.type == RawFrame.data || $0.type == RawFrame.reset }
                guard frame.type == RawFrame.data else {
                    Issue.record("stream \(frame.stream) was reset")
                    return
                }
                bodies[frame.stream, default: []] += frame.payload
                if frame.endsStream { ended += 1 }
                guard !frame.payload.isEmpty else { continue }
                let count = UInt32(frame.payload.count)
                try client.send(.windowUpdate(0, count), .windowUpdate(frame.stream, count))
            }
            for id in ids { #expect(bodies[id] == Self.body) }
        }
    }
}
