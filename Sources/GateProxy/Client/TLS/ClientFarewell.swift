// The end of a connection whose client broke TLS's rules. The alert that says so is with the kernel; closing while the client
// still sends would make a reset of it (RFC 8446 §6.2).

import GateCore
import GateEngine

/// Has a connection's socket until the client has read the alert.
final class ClientFarewell: EventHandler, ListenedConnection {
    private static let msMax = 1000
    private static let bytesMax = 1 << 20

    let listener: ListenerRuntime
    private let worker: Worker
    private let seat: ClientSeat
    private let socket: Socket
    private var bytesLeft = ClientFarewell.bytesMax
    private var isOver = false

    private init(_ socket: Socket, _ listener: ListenerRuntime, _ seat: ClientSeat) {
        self.socket = socket
        self.listener = listener
        self.seat = seat
        worker = listener.worker
    }

    /// Takes over a socket whose TLS has failed, and the connection's seat with it.
    static func takeOver(_ socket: Socket, _ listener: ListenerRuntime, _ seat: ClientSeat) {
        let farewell = ClientFarewell(socket, listener, seat)
        socket.handOver(to: farewell)
        socket.setDeadline(
            listener.worker.loop.due(min(max(listener.plan.timeouts.lingerMs, 1), msMax)))
        socket.shutdownWrite()
        socket.later()
    }

    override func ready() { discard() }

    override func resumed() { discard() }

    override func deadlinePassed() { close() }

    /// Throws away what comes, past the layer, which is of no use any more.
    private func discard() {
        while !isOver && socket.isDescriptorReadable {
            switch read() {
            case .bytes(let count):
                bytesLeft -= count
                if bytesLeft <= 0 { close() }
            case .wouldBlock: return
            case .end, .failed: close()
            }
        }
    }

    private func read() -> IOResult {
        var result = IOResult.wouldBlock
        var room = worker.takeScratch()
        _ = room.withFreeRoom { room in
            result = socket.readDescriptor(room)
            return 0
        }
        worker.giveScratch(room)
        return result
    }

    func drain() {}

    func stopNow() { close() }

    private func close() {
        guard !isOver else { return }
        isOver = true
        socket.close()
        seat.leave(worker)
    }
}
