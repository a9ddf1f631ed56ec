import GateHTTP
import GateTestSupport
import Testing

@Suite("Hop-by-hop fields (RFC 9110 §7.6.1)")
struct HopByHopTests {
    static func strip(_ fields: [(String, String)]) -> (signals: HopByHop.Signals, left: [String]) {
        var head = MessageHead(received: fields)
        let signals = HopByHop.strip(&head)
        return (signals, head.lines)
    }

    @Test("a head without such fields stays as it is")
    func untouched() {
        let (signals, left) = Self.strip([("Host", "a"), ("Accept", "*/*"), ("X-A", "1")])
        #expect(signals == [])
        #expect(left == ["Host: a", "Accept: */*", "X-A: 1"])
    }

    @Test(
        "the fixed list is removed though Connection does not name it",
        arguments: [
            "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate",
            "Proxy-Authorization", "HTTP2-Settings", "kEEP-aLIVE",
        ])
    func fixedList(name: String) {
        let (_, left) = Self.strip([("Host", "a"), (name, "x"), (name, "y"), ("X-A", "1")])
        #expect(left == ["Host: a", "X-A: 1"])
    }

    @Test("what Connection names is removed, in any case, on any line, in any order")
    func named() {
        let (signals, left) = Self.strip([
            ("x-b", "1"), ("Connection", "close, X-B"), ("X-C", "2"), ("X-B", "3"), ("connection", " x-c ,,Cookie"),
            ("Cookie", "a=b"), ("X-D", "4"),
        ])
        #expect(signals == .close)
        #expect(left == ["X-D: 4"])
    }

    @Test(
        "Connection may not remove what the next hop decides by",
        arguments: [
            "Host", "Content-Length", "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
            "X-Forwarded-Port", "X-Real-IP", "X-Request-Id",
        ])
    func protected(name: String) {
        let (_, left) = Self.strip([(name, "v"), ("Connection", "close, \(name.lowercased())")])
        #expect(left == ["\(name): v"])
    }

    @Test("Connection may not remove a field that was added by us")
    func added() {
        var head = MessageHead(received: [("Connection", "X-User, upgrade"), ("X-User", "forged")])
        head.set("X-User", "alice")
        head.set(.proxyAuthorization, "ours")
        _ = HopByHop.strip(&head)
        #expect(head.lines == ["X-User: alice", "Proxy-Authorization: ours"])
    }

    @Test(
        "the options are told",
        arguments: [
            ([("Connection", "close")], .close), ([("Connection", "Keep-Alive")], .keepAlive),
            ([("Connection", "keep-alive, CLOSE")], [.keepAlive, .close]),
            ([("Connection", "upgrade"), ("Upgrade", "websocket")], .upgrade),
            ([("Connection", "upgrade")], []), ([("Upgrade", "websocket")], []),
            ([("TE", "trailers"), ("Connection", "TE")], .trailers),
            ([("TE", "gzip;q=0.5"), ("TE", "deflate, Trailers")], .trailers), ([("TE", "trailersx")], []),
            ([("Connection", "a b")], .malformed), ([("Connection", "\"close\"")], .malformed),
            ([("Connection", "")], []), ([("Connection", ",,")], []),
        ] as [([(String, String)], HopByHop.Signals)])
    func signals(fields: [(String, String)], signals: HopByHop.Signals) {
        #expect(Self.strip(fields).signals == signals)
    }

    @Test("options are bounded", arguments: [(31, []), (32, []), (33, .malformed)] as [(Int, HopByHop.Signals)])
    func bounded(count: Int, signals: HopByHop.Signals) {
        let options = (0..<count).map { "x-\($0)" }.joined(separator: ",")
        #expect(Self.strip([("Connection", options)]).signals == signals)
    }

    @Test("options on many lines share the bound")
    func boundedLines() {
        let lines = (0..<33).map { ("Connection", "x-\($0)") }
        #expect(Self.strip(lines).signals == .malformed)
    }
}
