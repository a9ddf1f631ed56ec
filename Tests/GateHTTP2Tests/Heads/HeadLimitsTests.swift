import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

@Suite("Bounds of HTTP/2's heads")
struct HeadLimitsTests {
    /// Name, value and 32 of each (RFC 9113 §6.5.2).
    private func listBytes(_ fields: [(String, String)]) -> Int {
        fields.reduce(0) { $0 + $1.0.latin1.count + $1.1.latin1.count + 32 }
    }

    @Test("RFC 9113 §6.5.2: the list's bytes are bounded: limit - 1, limit, limit + 1")
    func headBytes() {
        let fields = get([("accept", "a"), ("x-own", "bcd"), ("cookie", "a=1"), ("cookie", "b=2")])
        for (slack, expected) in [
            (1, HTTP2Heads.Outcome.complete), (0, .complete), (-1, .tooLarge(.headTooLarge)),
        ] {
            let stage = HeadsStage()
            stage.limits = HeadLimits(headBytes: listBytes(fields) + slack)
            #expect(stage.request(fields) == expected)
            #expect(stage.isEmpty == (expected != .complete))
        }
    }

    @Test("Fields are bounded, crumbs one each: limit - 1, limit, limit + 1")
    func fields() {
        for (count, expected) in [
            (127, HTTP2Heads.Outcome.complete), (128, .complete), (129, .tooLarge(.tooManyFields)),
        ] {
            let stage = HeadsStage()
            let crumbs = (0..<count).map { ("cookie", "c\($0)=1") }
            #expect(stage.request(get(crumbs)) == expected)
            #expect(stage.request(get(crumbs.map { ("x", $0.1) })) == expected)
            #expect(stage.response([(":status", "200")] + crumbs) == expected)
        }
    }

    @Test("Method and path are bounded as a request line: limit - 1, limit, limit + 1")
    func startLine() {
        for (count, expected) in [
            (8 << 10 - 1, HTTP2Heads.Outcome.complete), (8 << 10, .complete),
            (8 << 10 + 1, .tooLarge(.requestLineTooLong)), (100_000, .tooLarge(.requestLineTooLong)),
        ] {
            let stage = HeadsStage()
            let path = [0x04] + plainString("/" + String(repeating: "p", count: count - 4))
            #expect(stage.request(block: HeadsStage.block(get(path: nil)) + path) == expected)
        }
    }

    @Test("Trailers are bounded by the same limits, under a name of their own")
    func trailers() {
        let stage = HeadsStage()
        stage.limits = HeadLimits(headBytes: 100, fields: 2)
        #expect(stage.trailers([("a", "b"), ("c", "d")]) == .complete)
        #expect(stage.trailers([("a", String(repeating: "b", count: 100))]) == .tooLarge(.trailersTooLarge))
        stage.limits = HeadLimits(fields: 2)
        #expect(stage.trailers([("a", "b"), ("c", "d"), ("e", "f")]) == .tooLarge(.trailersTooLarge))
    }

    @Test("What is refused is decoded to its end: the next block finds the table as its sender left it")
    func tableAfterRefusal() {
        let large = String(repeating: "v", count: 3000)
        let refused: [[(String, String)]] = [
            get([("Bad", "name")]), get([("x", large), ("x", large)]), get(method: nil), get(path: "/" + large),
        ]
        for fields in refused {
            let stage = HeadsStage()
            stage.limits = HeadLimits(startLineBytes: 1000, headBytes: 4000)
            let entry = literal("x-kept", "kept")
            #expect(stage.request(block: HeadsStage.block(fields) + entry) != .complete)
            #expect(stage.request(block: HeadsStage.block(get()) + [0xBE]) == .complete)
            #expect(stage.lines == ["host: a.example", "x-kept: kept"])
        }
    }

    @Test("A bomb of references is refused within the bound of the head's memory")
    func bomb() {
        let stage = HeadsStage()
        let block = literal("bomb", String(repeating: "x", count: 4000)) + [UInt8](repeating: 0xBE, count: 16_000)
        #expect(stage.request(block: HeadsStage.block(get()) + block) == .tooLarge(.headTooLarge))
        #expect(stage.head.heldBytes <= 128 << 10)
    }

    @Test("Crumbs that stand apart are joined within the bound of the head's memory")
    func crumbBomb() {
        let stage = HeadsStage()
        let fields = (0..<63).flatMap { [("cookie", String(repeating: "c", count: 400)), ("x-\($0)", "v")] }
        #expect(stage.request(get(fields)) == .complete)
        #expect(stage.head.received.count <= 64 << 10)
    }

    @Test("RFC 9113 §4.3: a block that cannot be decoded says why")
    func undecodable() {
        for (block, failure) in [
            ([0x80], HPACKFailure.badIndex), ([0x00, 0x01], .truncated), ([0x82, 0x20], .lateSizeUpdate),
        ]
            as [([UInt8], HPACKFailure)]
        {
            let stage = HeadsStage()
            #expect(stage.request(block: block) == .undecodable(failure))
            #expect(stage.isEmpty)
        }
    }
}
