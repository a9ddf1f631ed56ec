import GateEngine
import Synchronization
import Testing

@Suite("Threads, mailboxes and the blocking pool")
struct ThreadTests {
    /// Runs a loop that empties a mailbox.
    private final class Owner: LoopOwner {
        let loop: EventLoop
        let mailbox: Mailbox<Owner>
        var seen: [Int] = []

        init(_ loop: EventLoop) {
            self.loop = loop
            mailbox = Mailbox(loop: loop)
            super.init()
        }

        override func woke() { mailbox.drain(self) }
    }

    @Test("messages of many threads all arrive, each thread's in order")
    func mailbox() throws {
        let result = Mutex<[Int]>([])
        let box = Mutex<Mailbox<Owner>?>(nil)
        let signal = ThreadSignal()
        let ticket = signal.ticket()
        let worker = try GateThread.start(name: "owner") {
            guard let loop = try? EventLoop() else { return }
            let owner = Owner(loop)
            box.withLock { $0 = owner.mailbox }
            signal.notify()
            loop.run(owner)
            owner.mailbox.close()
            result.withLock { $0 = owner.seen }
        }
        signal.wait(after: ticket)
        let mailbox = try #require(box.withLock { $0 })
        let senders = try (0..<4).map { sender in
            try GateThread.start(name: "sender") {
                for number in 0..<1000 { mailbox.post { $0.seen.append(sender * 1000 + number) } }
            }
        }
        for sender in senders { sender.join() }
        mailbox.post { $0.loop.stop() }
        worker.join()
        let seen = result.withLock { $0 }
        #expect(seen.count == 4000)
        for sender in 0..<4 {
            #expect(seen.filter { $0 / 1000 == sender } == Array(sender * 1000..<(sender + 1) * 1000))
        }
        #expect(!mailbox.post { _ in })
    }

    @Test("the blocking pool does all that it took before it closes")
    func pool() {
        let pool = BlockingPool(threadsMax: 3)
        let done = Atomic<Int>(0)
        var taken = 0
        for _ in 0..<500 where pool.submit({ done.add(1, ordering: .relaxed) }) { taken += 1 }
        pool.close()
        #expect(taken == 500)
        #expect(done.load(ordering: .relaxed) == 500)
        #expect(!pool.submit {})
    }

    @Test("the blocking pool refuses what does not fit its queue")
    func fullPool() {
        let pool = BlockingPool(threadsMax: 1, queueMax: 2)
        let gate = ThreadSignal()
        let started = ThreadSignal()
        let ticket = gate.ticket()
        let startTicket = started.ticket()
        let isFirst = pool.submit {
            started.notify()
            gate.wait(after: ticket)
        }
        started.wait(after: startTicket)
        #expect(isFirst)
        #expect(pool.submit {})
        #expect(pool.submit {})
        #expect(!pool.submit {})
        gate.notify()
        pool.close()
    }

    @Test("a signal given before the wait is not lost, and a wait ends in time")
    func signals() {
        let signal = ThreadSignal()
        let ticket = signal.ticket()
        signal.notify()
        #expect(signal.wait(after: ticket, ms: 10_000))
        #expect(!signal.wait(after: signal.ticket(), ms: 10))
    }
}
