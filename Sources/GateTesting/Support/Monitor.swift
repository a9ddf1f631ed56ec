// A value that threads share and wait upon: the one place of the kit with a condition variable.

internal import Glibc

/// A value behind a lock, with a bounded wait for what other threads make of it.
///
/// `@unchecked`: every access to `value` holds `mutex`, and both pthread objects live as long as the monitor.
public final class Monitor<Value: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    /// Makes a monitor that holds `value`.
    public init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Reads or changes the value, and wakes whoever waits.
    @discardableResult
    public func update<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return try body(&value)
    }

    /// A copy of the value.
    public var current: Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return value
    }

    /// Waits until `body` answers something; nil when the bound passes first. `body` may take from the value.
    public func wait<Result>(
        within bound: Duration = Deadline.usual, for body: (inout Value) throws -> Result?
    ) rethrows -> Result? {
        var moment = timespec()
        clock_gettime(CLOCK_MONOTONIC, &moment)
        let nanoseconds = Int64(moment.tv_nsec) + bound.nanoseconds
        moment.tv_sec += Int(nanoseconds / 1_000_000_000)
        moment.tv_nsec = Int(nanoseconds % 1_000_000_000)
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        while true {
            if let result = try body(&value) { return result }
            if pthread_cond_timedwait(changed, mutex, &moment) == ETIMEDOUT { return try body(&value) }
        }
    }
}

/// Something that happens once and that others wait for.
public final class Signal: Sendable {
    private struct State: Sendable {
        var hasFired = false
        var actions: [@Sendable () -> Void] = []
    }

    private let state = Monitor(State())

    /// Makes a signal that has not fired.
    public init() {}

    /// Lets everybody who waits, and will wait, go on.
    public func fire() {
        let actions = state.update { state in
            state.hasFired = true
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { action() }
    }

    /// True once it has fired.
    public var hasFired: Bool { state.current.hasFired }

    /// Does something at `fire`, or now if that has been; for who waits for something else as well.
    public func whenFired(_ action: @escaping @Sendable () -> Void) {
        let isLate = state.update { state in
            if !state.hasFired { state.actions.append(action) }
            return state.hasFired
        }
        if isLate { action() }
    }

    /// Waits for `fire`; throws `TimedOut` when the bound passes first.
    public func wait(within bound: Duration = Deadline.usual) throws {
        guard state.wait(within: bound, for: { $0.hasFired ? true : nil }) != nil else {
            throw TimedOut("a signal", bound)
        }
    }
}

/// What a test waited for did not happen within its bound.
public struct TimedOut: Error, CustomStringConvertible {
    public let description: String

    /// Names what was waited for, and how long.
    public init(_ what: String, _ bound: Duration) {
        description = "waited \(bound) for \(what)"
    }
}
