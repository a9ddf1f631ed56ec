import GateCore
import GateTestSupport
import Testing

@Suite("Timer wheel")
struct TimerWheelTests {
    static let horizonMs = 4095 * TimerWheel.tickMs

    static func all(_ wheel: inout TimerWheel, _ nowMs: UInt64) -> [Int] {
        var entries: [Int] = []
        while let entry = wheel.next(nowMs: nowMs) { entries.append(entry) }
        return entries
    }

    @Test("a deadline is never early and at most a tick late", arguments: [0, 1, 15, 16, 17, 1000, 65_000] as [UInt64])
    func punctual(delay: UInt64) {
        for start: UInt64 in [0, 5, 1_000_003] {
            var wheel = TimerWheel(nowMs: start)
            wheel.file(3, deadlineMs: start + delay)
            let early = Self.all(&wheel, start + delay)
            let late = Self.all(&wheel, start + delay + TimerWheel.tickMs)
            #expect(early == [])
            #expect(late == [3])
            #expect(wheel.count == 0)
        }
    }

    @Test("an entry stands in one bucket: filing it anew moves it, removing it twice is harmless")
    func refiled() {
        var wheel = TimerWheel(nowMs: 0)
        wheel.file(1, deadlineMs: 100)
        wheel.file(1, deadlineMs: 500)
        #expect(wheel.count == 1)
        #expect(Self.all(&wheel, 200) == [])
        wheel.remove(1)
        wheel.remove(1)
        wheel.remove(77)
        #expect(wheel.count == 0)
        #expect(Self.all(&wheel, 10_000) == [])
    }

    @Test("a deadline beyond the horizon comes up at the horizon, to be looked at")
    func horizon() {
        var wheel = TimerWheel(nowMs: 0)
        wheel.file(0, deadlineMs: 10 * Self.horizonMs)
        #expect(Self.all(&wheel, Self.horizonMs - TimerWheel.tickMs) == [])
        #expect(Self.all(&wheel, Self.horizonMs + TimerWheel.tickMs) == [0])
    }

    @Test("the delay is none when nothing is filed and zero when something is due")
    func delay() {
        var wheel = TimerWheel(nowMs: 0)
        #expect(wheel.delayMs(nowMs: 0) == nil)
        wheel.file(0, deadlineMs: 100)
        let delay = wheel.delayMs(nowMs: 0) ?? 0
        #expect(delay > 100 && delay <= 100 + TimerWheel.tickMs)
        #expect(wheel.delayMs(nowMs: 5_000) == 0)
    }

    @Test("after any history the wheel gives what a list of deadlines would give")
    func againstModel() {
        var random = SeededRandom(stream: 5)
        var now: UInt64 = 123_456
        var wheel = TimerWheel(nowMs: now)
        var model: [Int: UInt64] = [:]
        for step in 0..<20_000 {
            switch random.number(below: 10) {
            case 0...4:
                let entry = random.number(below: 200)
                let deadline = now + UInt64(random.number(below: random.number(below: 4) == 0 ? 200_000 : 2_000))
                wheel.file(entry, deadlineMs: deadline)
                model[entry] = deadline
            case 5, 6:
                let entry = random.number(below: 250)
                wheel.remove(entry)
                model[entry] = nil
            default:
                now += UInt64(random.number(below: random.number(below: 20) == 0 ? 150_000 : 100))
                expectDue(&wheel, &model, now, "seed \(random.seed), step \(step)")
            }
            #expect(wheel.count == model.count, "seed \(random.seed), step \(step)")
            expectDelay(wheel.delayMs(nowMs: now), model, now, "seed \(random.seed), step \(step)")
        }
    }

    private func expectDue(
        _ wheel: inout TimerWheel, _ model: inout [Int: UInt64], _ now: UInt64, _ note: Comment
    ) {
        for entry in Self.all(&wheel, now) {
            guard let deadline = model.removeValue(forKey: entry) else {
                Issue.record("entry \(entry) was not filed: \(note)")
                continue
            }
            if deadline >= now {
                // Early only by way of the horizon: filed again, as the loop does.
                #expect(deadline - now < 200_000, note)
                wheel.file(entry, deadlineMs: deadline)
                model[entry] = deadline
            }
        }
        #expect(model.values.allSatisfy { $0 + TimerWheel.tickMs > now }, note)
    }

    private func expectDelay(_ delay: UInt64?, _ model: [Int: UInt64], _ now: UInt64, _ note: Comment) {
        #expect((delay == nil) == model.isEmpty, note)
        guard let delay, let first = model.values.min() else { return }
        #expect(now + delay <= max(now, first + TimerWheel.tickMs), note)
    }
}
