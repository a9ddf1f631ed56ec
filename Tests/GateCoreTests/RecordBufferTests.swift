import GateCore
import Testing

@Suite("Record buffer")
struct RecordBufferTests {
    @Test("records keep their order and values while the buffer grows")
    func grows() {
        var records = RecordBuffer<Int64>(capacity: 1)
        for value in 0..<1000 { records.append(Int64(value)) }
        #expect(records.count == 1000)
        var isEqual = true
        for index in 0..<1000 where records[index] != Int64(index) { isEqual = false }
        #expect(isEqual)
    }

    @Test("a record is changed in place, and removing all leaves none")
    func changes() {
        var records = RecordBuffer<Int64>(capacity: 2)
        records.append(1)
        records.append(2)
        records[1] = 5
        let changed = records[1]
        #expect(changed == 5)
        records.removeAll()
        #expect(records.count == 0)
    }

    @Test("an index beyond the last record stops the program")
    func beyond() async {
        await #expect(processExitsWith: .failure) {
            var records = RecordBuffer<Int64>(capacity: 4)
            records.append(1)
            _ = records[1]
        }
    }
}
