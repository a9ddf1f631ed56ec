import GateCore
import Testing

@testable import GateProxy

@Suite("Stores of streams")
struct HTTP2StreamStoreTests {
    private final class Stream {}

    @Test("a stream that was given back is used again at once, or in the round after")
    func reuse() {
        var atOnce = HTTP2StreamStore<Stream>(.atOnce)
        let first = atOnce.take(nowNs: 1) { Stream() }
        atOnce.give(first.object, nowNs: 1)
        #expect(atOnce.take(nowNs: 1) { Stream() }.isSame(as: first))

        var later = HTTP2StreamStore<Stream>(.afterRound)
        let second = later.take(nowNs: 1) { Stream() }
        later.give(second.object, nowNs: 1)
        let third = later.take(nowNs: 1) { Stream() }
        #expect(!third.isSame(as: second))
        #expect(later.take(nowNs: 2) { Stream() }.isSame(as: second))
        // What came in an earlier round is not held up by what came in this one.
        later.give(second.object, nowNs: 2)
        later.give(third.object, nowNs: 3)
        #expect(later.take(nowNs: 3) { Stream() }.isSame(as: second))
        #expect(!later.take(nowNs: 3) { Stream() }.isSame(as: third))
        #expect(later.take(nowNs: 4) { Stream() }.isSame(as: third))
    }
}
