import GateCore
import GateTestSupport
import Testing

/// Frees a buffer; another of its size is given back in its stead.
private func drop(_ buffer: consuming ByteBuffer) {}

@Suite("Buffer pool")
struct BufferPoolTests {
    @Test("buffers come back empty, and the one that was given last comes first")
    func lastInFirstOut() {
        let pool = BufferPool(bufferBytes: 64, keptMax: 4)
        var first = pool.take()
        var second = pool.take()
        first.reserve(65)
        second.append("abc")
        #expect(pool.outCount == 2)
        pool.give(second)
        pool.give(first)
        #expect(pool.outCount == 0)
        let again = pool.take()
        #expect(again.capacity > 64, "the grown one was given last")
        #expect(again.count == 0)
        pool.give(again)
    }

    @Test("a buffer that grew beyond four times the pool's size is not kept", arguments: [(256, 256), (257, 64)])
    func grown(capacity: Int, next: Int) {
        let pool = BufferPool(bufferBytes: 64, keptMax: 4)
        drop(pool.take())
        pool.give(ByteBuffer(capacity: capacity))
        #expect(pool.outCount == 0)
        let buffer = pool.take()
        #expect(buffer.capacity == next)
        pool.give(buffer)
    }

    @Test("no more than keptMax buffers are kept")
    func keptMax() {
        let pool = BufferPool(bufferBytes: 64, keptMax: 2)
        var out: [Int] = []
        for _ in 0..<2 {
            let a = pool.take()
            let b = pool.take()
            let c = pool.take()
            out.append(pool.outCount)
            pool.give(a)
            pool.give(b)
            pool.give(c)
            out.append(pool.outCount)
        }
        #expect(out == [3, 0, 3, 0])
    }

    @Test("a buffer that owns nothing may be given and counts for nothing")
    func nothing() {
        let pool = BufferPool(bufferBytes: 64, keptMax: 2)
        pool.give(ByteBuffer())
        #expect(pool.outCount == 0)
    }

    @Test("more buffers given than taken stops the program")
    func givenTwice() async {
        await #expect(processExitsWith: .failure) {
            let pool = BufferPool(bufferBytes: 64, keptMax: 2)
            pool.give(ByteBuffer(capacity: 64))
        }
    }

    @Test("the pool counts what is out through any order of taking and giving")
    func counted() {
        var random = SeededRandom(stream: 4)
        let pool = BufferPool(bufferBytes: 32, keptMax: 8)
        var out = 0
        for _ in 0..<2_000 {
            if random.number(below: 2) == 0 {
                drop(pool.take())
                out += 1
            } else if out > 0 {
                pool.give(ByteBuffer(capacity: 32 + random.number(below: 200)))
                out -= 1
            }
            #expect(pool.outCount == out, "seed \(random.seed)")
        }
    }
}
