// A condition variable with a counter, so that a notification between looking and waiting is not lost.

import Glibc

/// Wakes threads that wait for something to change.
public final class ThreadSignal: @unchecked Sendable {
    // The mutex guards `count`; both live at fixed addresses from init to deinit.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var count: UInt64 = 0

    public init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// The state to hand to `wait` : taken before looking at what is waited for.
    public func ticket() -> UInt64 {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return count
    }

    /// Wakes everybody.
    public func notify() {
        pthread_mutex_lock(mutex)
        count &+= 1
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Waits until `notify` has been called after the ticket was taken.
    public func wait(after ticket: UInt64) {
        pthread_mutex_lock(mutex)
        while count == ticket { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }

    /// As `wait(after:)`, for at most `ms` milliseconds. False when the time ran out.
    @discardableResult
    public func wait(after ticket: UInt64, ms: Int) -> Bool {
        var until = timespec()
        clock_gettime(CLOCK_REALTIME, &until)
        until.tv_sec += ms / 1000
        until.tv_nsec += ms % 1000 * 1_000_000
        if until.tv_nsec >= 1_000_000_000 {
            until.tv_sec += 1
            until.tv_nsec -= 1_000_000_000
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while count == ticket {
            if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT { return count != ticket }
        }
        return true
    }
}
