import GateTestSupport
import Testing

@testable import GateProxy

@Suite("Sets of slots")
struct SlotSetTests {
    @Test("what was put in comes out once, in order, from where one asks")
    func order() {
        var set = SlotSet()
        #expect(set.isEmpty)
        #expect(set.take(from: 0) == nil)
        let slots = [0, 1, 63, 64, 127, 128, 4095, 4096, 8191, 8192, 65_535]
        for slot in slots.reversed() + slots { set.insert(slot) }
        #expect(!set.isEmpty)
        #expect(set.take(from: 4097) == 8191)
        var taken: [Int] = []
        while let slot = set.take(from: (taken.last ?? -1) + 1) { taken.append(slot) }
        #expect(taken == slots.filter { $0 != 8191 })
        #expect(set.isEmpty)
    }

    @Test("it is what a plain set is, whatever is put in and taken out")
    func model() {
        var random = SeededRandom()
        var set = SlotSet()
        var plain: Set<Int> = []
        for _ in 0..<20_000 {
            let slot = random.number(below: 3) == 0 ? random.number(below: 65_536) : random.number(below: 200)
            if random.number(below: 2) == 0 {
                set.insert(slot)
                plain.insert(slot)
            } else {
                let expected = plain.filter { $0 >= slot }.min()
                #expect(set.take(from: slot) == expected)
                if let expected { plain.remove(expected) }
            }
            #expect(set.isEmpty == plain.isEmpty)
        }
    }
}
