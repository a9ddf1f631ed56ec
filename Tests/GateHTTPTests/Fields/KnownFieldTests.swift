import GateHTTP
import GateTestSupport
import Testing

@Suite("Known fields")
struct KnownFieldTests {
    @Test("every name is known in any case (RFC 9110 §5.1)", arguments: KnownField.allCases)
    func everyName(field: KnownField) {
        let name = "\(field.name)"
        #expect(KnownField(name.bytes.span) == field)
        #expect(KnownField(name.lowercased().bytes.span) == field)
        #expect(KnownField(name.uppercased().bytes.span) == field)
    }

    @Test("a name with any one byte changed, dropped or added is another name", arguments: KnownField.allCases)
    func nearMisses(field: KnownField) {
        let name = "\(field.name)".lowercased().bytes
        let others = Set(KnownField.allCases.map { "\($0.name)".lowercased().bytes })
        for at in name.indices {
            var without = name
            without.remove(at: at)
            expectUnknown(without, others)
            for byte in UInt8.min...UInt8.max where String(latin1: [byte]).lowercased().bytes != [name[at]] {
                var changed = name
                changed[at] = byte
                expectUnknown(changed, others)
            }
        }
        for extra in [UInt8(0), 0x20, 0x2D, 0x61] {
            expectUnknown(name + [extra], others)
            expectUnknown([extra] + name, others)
        }
    }

    private func expectUnknown(_ name: [UInt8], _ others: Set<[UInt8]>) {
        guard !others.contains(name) else { return }
        #expect(KnownField(name.span) == nil, "\(String(latin1: name))")
    }

    @Test("no name is no field")
    func empty() {
        let none: [UInt8] = []
        #expect(KnownField(none.span) == nil)
    }

    @Test("the numbers fit one word of bits")
    func bits() {
        let all = KnownField.allCases.reduce(0 as UInt64) { $0 | $1.bit }
        #expect(all.nonzeroBitCount == KnownField.allCases.count)
        #expect(all & 1 == 0, "bit 0 stands for unknown names")
    }
}
