// The bound of a graceful stop: a deadline without a connection, so it borrows the loop's timer by an event descriptor.

import CGateLinux
import GateEngine

/// Cuts what is left when the time for a graceful stop is over.
final class StopSweeper: EventHandler {
    private unowned let worker: Worker
    private var socket: Socket?

    init?(worker: Worker, dueMs: UInt64) {
        self.worker = worker
        super.init()
        let descriptor = gate_eventfd()
        guard descriptor >= 0, let socket = try? worker.loop.add(Int32(descriptor), watch: .accept, handler: self)
        else {
            return nil
        }
        socket.setDeadline(dueMs)
        self.socket = socket
    }

    override func deadlinePassed() { worker.stopNow() }

    func cancel() {
        socket?.close()
        socket = nil
    }
}
