import GateTLS
import Testing

@testable import GateControl

@Suite("Rotation of ticket keys by time")
struct TicketRingTests {
    private static let start: Int64 = 1_800_000_000

    @Test("a new key comes at the period's end and not before, and the two before it still open tickets")
    func rotation() throws {
        var ring = TicketRing(everyMs: 3_600_000, now: Self.start)
        let first = try #require(ring.keys.keys.first)
        #expect(ring.keys.keys.count == 1)
        let seconds: Int64 = 3600
        let turn1 = ring.turn(now: Self.start + seconds - 1)
        #expect(!turn1)
        #expect(ring.keys.keys == [first])
        let turn2 = ring.turn(now: Self.start + seconds)
        #expect(turn2)
        #expect(ring.keys.keys.count == 2 && ring.keys.keys[1] == first && ring.keys.keys[0] != first)
        let turn3 = ring.turn(now: Self.start + seconds)
        #expect(!turn3)
        let second = ring.keys.keys[0]
        let turn4 = ring.turn(now: Self.start + 2 * seconds)
        #expect(turn4)
        #expect(Array(ring.keys.keys.dropFirst()) == [second, first])
        let turn5 = ring.turn(now: Self.start + 3 * seconds)
        #expect(turn5)
        #expect(ring.keys.keys.count == 3 && ring.keys.keys[2] == second)
        #expect(!ring.keys.keys.contains(first))
    }

    @Test("a machine that slept over several periods gets one new key, and the next a period later")
    func sleep() {
        var ring = TicketRing(everyMs: 60_000, now: Self.start)
        let turn6 = ring.turn(now: Self.start + 600)
        #expect(turn6)
        #expect(ring.keys.keys.count == 2)
        #expect(ring.dueSeconds == Self.start + 660)
        let turn7 = ring.turn(now: Self.start + 659)
        #expect(!turn7)
        let turn8 = ring.turn(now: Self.start + 660)
        #expect(turn8)
    }

    @Test("keys of files stay until the files change")
    func files() throws {
        let key = try #require(TicketKey([UInt8](repeating: 7, count: TicketKey.byteCount)))
        var ring = TicketRing([key])
        #expect(ring.dueSeconds == nil)
        let turn9 = ring.turn(now: .max)
        #expect(!turn9)
        #expect(ring.keys.keys == [key])
    }
}
