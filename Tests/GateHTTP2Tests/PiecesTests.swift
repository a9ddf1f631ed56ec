import GateHTTP2
import GateTestSupport
import Testing

@Suite("Bytes cut anywhere")
struct PiecesTests {
    /// Runs of frames that between them meet every state of the reader.
    private static let server: [UInt8] = [
        Frame.preface, Frame.settings([(1, 100), (4, 10), (0x77, 1)]), Frame.settingsAcknowledged,
        Frame.request(1, [("cookie", "a=1"), ("cookie", "b=2"), ("priority", "u=1, i")]),
        Frame.headers(3, Frame.post + [("content-length", "5")], flags: 0),
        Frame.continuation(3, Frame.block([("x", "1")]), end: false), Frame.continuation(3, []),
        Frame.data(3, [1, 2, 3], padding: 3), Frame.raw(0x55, flags: 9, 7, [1, 2, 3]), Frame.ping(),
        Frame.data(3, [4, 5]), Frame.headers(3, [("x-sum", "9")], end: true), Frame.priorityUpdate(9, "u=0"),
        Frame.headers(5, Frame.post), Frame.windowUpdate(0, 5), Frame.windowUpdate(5, 5), Frame.priority(11),
        Frame.data(5, [9], end: true, padding: 0), Frame.headers(7, Frame.post), Frame.reset(7),
        Frame.headers(9, [(":method", "GET")], end: true), Frame.data(7, [1, 2], end: true),
        Frame.goAway(0, debug: "x"),
        Frame.data(1, [1, 2]), Frame.data(1, [1]),
    ].flatMap { $0 }

    private static let client: [UInt8] = [
        Frame.settings([(3, 10), (8, 1)]), Frame.settingsAcknowledged, Frame.response(1, 103),
        Frame.response(1, 200, [("content-length", "2")]), Frame.data(1, [1]), Frame.data(1, [2], end: true),
        Frame.response(3), Frame.headers(3, [("grpc-status", "0")], end: true), Frame.data(5, [1]),
        Frame.goAway(5, .noError), Frame.response(5), Frame.raw(5, flags: 4, 1, [0, 0, 0, 2]),
    ].flatMap { $0 }

    @Test("A server tells and answers the same however its input is cut")
    func server() { check(Self.server) { Session(.server) } }

    @Test("So does a client")
    func client() {
        check(Self.client) {
            let session = Session(.client)
            for _ in 0..<4 { session.request(end: false) }
            return session
        }
    }

    private func check(_ bytes: [UInt8], _ make: () -> Session) {
        let whole = make()
        let told = Self.joined(whole.receive(bytes))
        let sent = whole.sentBytes()
        #expect(told.count > 8)
        for pieces in Pieces.ways(of: bytes) {
            let session = make()
            #expect(Self.joined(pieces.flatMap { session.receive($0) }) == told)
            #expect(session.sentBytes() == sent)
        }
    }

    /// Pieces of data that follow each other as one; once the connection has failed it says so for every piece.
    private static func joined(_ told: [Told]) -> [Told] {
        var joined: [Told] = []
        for one in told {
            if case .data(let id, let bytes) = one, case .data(id, let before) = joined.last {
                joined[joined.count - 1] = .data(id, before + bytes)
            } else if joined.last?.isEnd != true {
                joined.append(one)
            }
        }
        return joined
    }
}

extension Told {
    fileprivate var isEnd: Bool {
        if case .failed = self { return true }
        return false
    }
}
