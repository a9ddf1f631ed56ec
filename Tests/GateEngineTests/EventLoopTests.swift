import CGateLinux
import GateCore
import Glibc
import Synchronization
import Testing

@testable import GateEngine

/// Two connected stream sockets, not blocking. No program that another test starts meanwhile holds them open.
private func socketPair() -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    precondition(socketpair(AF_UNIX, kind, 0, &ends) == 0)
    return (ends[0], ends[1])
}

/// Counts what it is told, and does what the test says.
private final class Probe: EventHandler {
    var readyCount = 0
    var deadlineCount = 0
    var resumedCount = 0
    var onReady: (() -> Void)?
    var onDeadline: (() -> Void)?
    var onResumed: (() -> Void)?

    override func ready() {
        readyCount += 1
        onReady?()
    }

    override func deadlinePassed() {
        deadlineCount += 1
        onDeadline?()
    }

    override func resumed() {
        resumedCount += 1
        onResumed?()
    }
}

@Suite("The event loop")
struct EventLoopTests {
    @Test("tells of bytes, and a short read clears the flag until more come")
    func edges() throws {
        let loop = try EventLoop()
        let (a, b) = socketPair()
        let probe = Probe()
        let socket = try loop.add(a, watch: .stream, handler: probe)
        var buffer = ByteBuffer(capacity: 64)
        var reads: [IOResult] = []
        probe.onReady = {
            guard socket.isReadable else { return }
            reads.append(socket.read(into: &buffer))
            #expect(!socket.isReadable)
            loop.stop()
        }
        _ = gate_write(b, "hello", 5)
        loop.run(LoopOwner())
        #expect(reads == [.bytes(5)])
        socket.close()
        close(b)
    }

    @Test("the end of the other side is read after its last bytes")
    func end() throws {
        let loop = try EventLoop()
        let (a, b) = socketPair()
        let probe = Probe()
        let socket = try loop.add(a, watch: .stream, handler: probe)
        _ = gate_write(b, "bye", 3)
        close(b)
        var buffer = ByteBuffer(capacity: 64)
        var reads: [IOResult] = []
        probe.onReady = {
            while socket.isReadable { reads.append(socket.read(into: &buffer)) }
            loop.stop()
        }
        loop.run(LoopOwner())
        #expect(reads == [.bytes(3), .end])
        socket.close()
    }

    @Test("a deadline is met once, and moving it later defers it")
    func deadline() throws {
        let loop = try EventLoop()
        let (a, b) = socketPair()
        let probe = Probe()
        let socket = try loop.add(a, watch: .stream, handler: probe)
        let start = loop.nowMs
        socket.setDeadline(start + 20)
        socket.setDeadline(start + 80)
        probe.onDeadline = { loop.stop() }
        loop.run(LoopOwner())
        #expect(probe.deadlineCount == 1)
        #expect(loop.nowMs >= start + 80)
        socket.close()
        close(b)
    }

    @Test("a cleared deadline is not met")
    func clearedDeadline() throws {
        let loop = try EventLoop()
        let (a, b) = socketPair()
        let (c, d) = socketPair()
        let (first, second) = (Probe(), Probe())
        let cleared = try loop.add(a, watch: .stream, handler: first)
        let kept = try loop.add(c, watch: .stream, handler: second)
        cleared.setDeadline(loop.nowMs + 20)
        cleared.clearDeadline()
        kept.setDeadline(loop.nowMs + 60)
        second.onDeadline = { loop.stop() }
        loop.run(LoopOwner())
        #expect(first.deadlineCount == 0)
        cleared.close()
        kept.close()
        close(b)
        close(d)
    }

    @Test("later() calls once, and not after a close, even when the slot is used again")
    func later() throws {
        let loop = try EventLoop()
        let (a, b) = socketPair()
        let (c, d) = socketPair()
        let (old, new) = (Probe(), Probe())
        let socket = try loop.add(a, watch: .stream, handler: old)
        socket.later()
        socket.close()
        let other = try loop.add(c, watch: .stream, handler: new)
        other.later()
        other.later()
        new.onResumed = { loop.stop() }
        loop.run(LoopOwner())
        #expect(old.resumedCount == 0)
        #expect(new.resumedCount == 1)
        other.close()
        close(b)
        close(d)
    }

    @Test("an event for a closed socket does not reach the next owner of its slot")
    func generations() throws {
        let loop = try EventLoop()
        let (a, b) = socketPair()
        let (c, d) = socketPair()
        let (e, f) = socketPair()
        let (first, second, third) = (Probe(), Probe(), Probe())
        let one = try loop.add(a, watch: .stream, handler: first)
        let two = try loop.add(c, watch: .stream, handler: second)
        _ = gate_write(b, "x", 1)
        _ = gate_write(d, "x", 1)
        var replacement: Socket?
        // Whichever is called first closes the other and puts a new socket into its slot.
        func swap(_ gone: Socket) {
            guard replacement == nil else { return }
            gone.close()
            replacement = try? loop.add(e, watch: .stream, handler: third)
            third.onReady = { loop.stop() }
        }
        first.onReady = { swap(two) }
        second.onReady = { swap(one) }
        loop.run(LoopOwner())
        // The only event of the third is its own: that it can be written to.
        #expect(first.readyCount + second.readyCount == 1)
        #expect(third.readyCount == 1)
        #expect(replacement?.isReadable == false)
        loop.closeAll()
        close(b)
        close(d)
        close(f)
    }

    @Test("no socket is left open after closeAll")
    func closeAll() throws {
        let loop = try EventLoop()
        var far: [Int32] = []
        for _ in 0..<300 {
            let (a, b) = socketPair()
            _ = try loop.add(a, watch: .stream, handler: Probe())
            far.append(b)
        }
        #expect(loop.openCount == 300)
        loop.closeAll()
        #expect(loop.openCount == 0)
        for descriptor in far { close(descriptor) }
    }
}
