import GateCore
import GateTestSupport
import Testing

@Suite("Byte buffer")
struct ByteBufferTests {
    @Test("a buffer of no capacity owns nothing and grows when bytes come")
    func startsEmpty() {
        var buffer = ByteBuffer()
        #expect(buffer.capacity == 0)
        #expect(buffer.count == 0)
        buffer.append(byte: 1)
        #expect(buffer.count == 1)
        #expect(buffer.capacity >= 1)
    }

    @Test("empty text and empty spans may be appended to a buffer that owns nothing")
    func emptyAppends() {
        var buffer = ByteBuffer()
        buffer.append("")
        let none: [UInt8] = []
        buffer.append(none.span)
        buffer.append(text: "")
        buffer.appendCopy(of: 0..<0)
        #expect(buffer.capacity == 0)
    }

    @Test("bytes are consumed in the order in which they came, across growth and moves")
    func againstModel() {
        var random = SeededRandom(stream: 2)
        var buffer = ByteBuffer(capacity: 16)
        var model: [UInt8] = []
        for step in 0..<20_000 {
            switch random.number(below: 8) {
            case 0...2:
                let bytes = random.bytes(count: random.number(below: 40), alphabet: [1, 2, 3])
                buffer.append(bytes.span)
                model += bytes
            case 3:
                buffer.append(byte: UInt8(step & 0xFF))
                model.append(UInt8(step & 0xFF))
            case 4, 5:
                let count = random.number(below: min(model.count, 90) + 1)
                buffer.consume(count)
                model.removeFirst(count)
            case 6:
                let count = random.number(below: min(model.count, 20) + 1)
                buffer.dropLast(count)
                model.removeLast(count)
            default:
                let start = random.number(below: model.count + 1)
                let end = start + random.number(below: min(16, model.count - start) + 1)
                buffer.appendCopy(of: start..<end)
                model += model[start..<end]
            }
            let held = buffer.span.array
            #expect(held == model, "seed \(random.seed), step \(step)")
            if held != model { return }
        }
    }

    @Test("reserve makes room without losing bytes")
    func reserve() {
        var buffer = ByteBuffer(capacity: 8)
        buffer.append("abcdefgh")
        buffer.consume(4)
        buffer.reserve(4)
        #expect(buffer.capacity == 8, "moving the bytes to the front is enough")
        #expect(buffer.freeCount >= 4)
        buffer.reserve(1000)
        #expect(buffer.freeCount >= 1000)
        #expect(buffer.span.text == "efgh")
    }

    @Test("an emptied buffer starts at its front again")
    func rewinds() {
        var buffer = ByteBuffer(capacity: 4)
        buffer.append("abcd")
        buffer.consume(4)
        #expect(buffer.freeCount == 4)
    }

    @Test(
        "numbers are written in decimal and hexadecimal without leading zeros",
        arguments: [
            (0, "0", "0"), (9, "9", "9"), (10, "10", "a"), (255, "255", "ff"), (4096, "4096", "1000"),
            (Int.max, "9223372036854775807", "7fffffffffffffff"),
        ])
    func numbers(value: Int, decimal: String, hex: String) {
        #expect(ByteBuffer.text { $0.append(decimal: value) } == decimal)
        #expect(ByteBuffer.text { $0.append(hex: value) } == hex)
    }

    @Test("negative numbers are written too")
    func negative() {
        #expect(ByteBuffer.text { $0.append(decimal: -1) } == "-1")
        #expect(ByteBuffer.text { $0.append(decimal: .min) } == "-9223372036854775808")
    }

    @Test("free room is filled by what the body says it wrote; a negative answer is an error and changes nothing")
    func freeRoom() {
        var buffer = ByteBuffer(capacity: 4)
        let written = buffer.withFreeRoom { room in
            room[0] = 7
            return 1
        }
        let failed = buffer.withFreeRoom { _ in -11 }
        #expect(written == 1)
        #expect(failed == -11)
        #expect(buffer.count == 1)
    }

    @Test("bytes are replaced where they stand")
    func replace() {
        var buffer = ByteBuffer()
        buffer.append("xabc")
        buffer.consume(1)
        buffer.replace(at: 1, with: UInt8(ascii: "-"))
        #expect(buffer.span.text == "a-c")
    }

    @Test("taking the bytes out leaves a buffer that owns nothing")
    func takeOut() {
        var buffer = ByteBuffer(capacity: 8)
        buffer.append("abc")
        let other = buffer.takeOut()
        #expect(buffer.capacity == 0)
        #expect(other.span.text == "abc")
    }

    @Test("storage that was outgrown stays readable until the buffer is emptied, if it was asked to")
    func keepsOutgrown() {
        var buffer = ByteBuffer(capacity: 8, keepsOutgrown: true)
        buffer.append("first")
        let first = unsafe buffer.unsafeElements()
        for _ in 0..<3 {
            let room = buffer.capacity
            while buffer.capacity == room { buffer.append("more and more") }
        }
        let text = unsafe String(decoding: first, as: UTF8.self)
        #expect(text == "first")
        #expect(buffer.span.text.hasPrefix("firstmore and more"))
        buffer.removeAll()
        buffer.append("again")
        #expect(buffer.span.text == "again")
    }

    @Test("addresses are written into a buffer as they describe themselves")
    func addresses() throws {
        var random = SeededRandom(stream: 3)
        for _ in 0..<2_000 {
            // Groups of zero are frequent, so that runs of them meet every place.
            let groups = (0..<8).map { _ in UInt64(random.number(below: 3) == 0 ? random.number(below: 65536) : 0) }
            let high = groups[0..<4].reduce(0) { $0 << 16 | $1 }
            let low = groups[4..<8].reduce(0) { $0 << 16 | $1 }
            for address in [IPAddress(high: high, low: low), IPAddress(v4: UInt32(truncatingIfNeeded: low))] {
                #expect(ByteBuffer.text { $0.append(address: address) } == address.description, "seed \(random.seed)")
            }
        }
    }

    @Test("consuming more than there is stops the program")
    func consumeTooMuch() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.append("a")
            buffer.consume(2)
        }
    }

    @Test("a body that claims to have written beyond the room stops the program")
    func overfilled() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 4)
            _ = buffer.withFreeRoom { _ in 5 }
        }
    }
}
