import GateCore
import Testing

@Suite("A queue of things that are due")
struct DueQueueTests {
    @Test("gives them in the order of their times, none too early")
    func order() {
        var queue = DueQueue<Int>()
        #expect(queue.waitMs(nowMs: 5) == -1)
        for ms in [50, 10, 40, 10, 30, 20, 60, 5] { queue.add(ms, dueMs: UInt64(ms)) }
        #expect(queue.waitMs(nowMs: 2) == 3)
        var seen: [Int] = []
        while let next = queue.next(nowMs: 30) { seen.append(next) }
        #expect(seen == [5, 10, 10, 20, 30])
        #expect(queue.nextMs == 40)
        #expect(queue.waitMs(nowMs: 45) == 0)
        while let next = queue.next(nowMs: 100) { seen.append(next) }
        #expect(seen.suffix(3) == [40, 50, 60])
        #expect(queue.isEmpty && queue.nextMs == .max)
    }
}
