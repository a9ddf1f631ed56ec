// Threads of our own: a worker must not share its thread with anything.

import CGateLinux
import Glibc

/// A thread with a name that can be waited for.
public final class GateThread: @unchecked Sendable {
    // `handle` is written once before `start` returns, and `join` is called by one thread: no two threads race.
    private var handle: pthread_t = 0

    private final class Box {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private init() {}

    /// Starts a thread. `name` may have 15 bytes; more are cut.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) -> GateThread {
        let thread = GateThread()
        let box = Unmanaged.passRetained(Box(String(name.prefix(15)), body))
        let result = pthread_create(
            &thread.handle, nil,
            { argument in
                let box = Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue()
                gate_name_thread(box.name)
                // splice(2) has no flag that keeps it from raising the signal.
                gate_block_broken_pipe()
                box.body()
                return nil
            }, box.toOpaque())
        if result != 0 {
            box.release()
            throw SystemError("starting a thread", code: Int(result))
        }
        return thread
    }

    /// Waits until the thread has ended. Call it once.
    public func join() { pthread_join(handle, nil) }
}
