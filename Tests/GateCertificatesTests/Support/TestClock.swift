import FoundationEssentials
import Synchronization

@testable import GateCertificates

/// A clock in which nobody waits: whoever sleeps moves it on.
final class TestClock: Sendable {
    private let seconds: Mutex<Double>
    private let slept = Mutex<[Double]>([])

    init(_ start: Double = 1_800_000_000) { seconds = Mutex(start) }

    var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }
    /// All sleeps so far.
    var sleeps: [Double] { slept.withLock { $0 } }

    func advance(_ by: Double) { seconds.withLock { $0 += by } }

    /// Sleeps end at once, and the clock moves only when somebody moves it.
    var still: TimeSource {
        TimeSource(
            now: { self.now },
            sleep: { _ in
                try Task.checkCancellation()
                await Task.yield()
            })
    }

    var source: TimeSource {
        TimeSource(
            now: { self.now },
            sleep: { wait in
                try Task.checkCancellation()
                self.slept.withLock { $0.append(wait) }
                self.advance(wait)
                await Task.yield()
            })
    }
}
