// Listening descriptors for all workers of one listener.

import CGateLinux
import GateCore
import GateEngine
import Glibc

/// Opens what a listener needs: a socket for each worker on one port, or one Unix socket for all.
enum ListenerOpener {
    struct Sockets {
        var address: SocketAddress
        var descriptors: [Int32]
        var isShared: Bool
    }

    static func open(_ listener: ListenerPlan, workers: Int) throws(SystemError) -> Sockets {
        if case .unix(let path) = listener.address { return try openUnix(listener, path, workers) }
        // SO_REUSEPORT would let two processes share a port without a word, so look first.
        if listener.address.port != 0 { _ = try openOne(listener, listener.address, sharesPort: false) }
        var first = try openOne(listener, listener.address, sharesPort: true)
        let address = first.address
        var descriptors = [first.release()]
        do throws(SystemError) {
            while descriptors.count < workers {
                var next = try openOne(listener, address, sharesPort: true)
                descriptors.append(next.release())
            }
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
        return Sockets(address: address, descriptors: descriptors, isShared: false)
    }

    private static func openOne(
        _ listener: ListenerPlan, _ address: SocketAddress, sharesPort: Bool
    ) throws(SystemError) -> ListeningSocket {
        try ListeningSocket.open(
            address, dualStack: address.isDualStack, backlog: listener.backlog, sharesPort: sharesPort)
    }

    private static func openUnix(
        _ listener: ListenerPlan, _ path: String, _ workers: Int
    ) throws(SystemError) -> Sockets {
        try removeStale(listener.address, path)
        var first = try openOne(listener, listener.address, sharesPort: false)
        guard chmod(path, mode_t(listener.unixMode)) == 0 else {
            throw SystemError("setting the mode of \(path)", code: Int(errno))
        }
        var descriptors: [Int32] = []
        do throws(SystemError) {
            while descriptors.count < workers - 1 {
                var copy = try first.duplicate()
                descriptors.append(copy.release())
            }
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
        descriptors.append(first.release())
        return Sockets(address: listener.address, descriptors: descriptors, isShared: true)
    }

    /// A socket file that nobody listens on is left over from a process that died.
    private static func removeStale(_ address: SocketAddress, _ path: String) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        var descriptor: Int32 = -1
        let result = SocketConnector.connect(to: address, &descriptor)
        if descriptor >= 0 { close(descriptor) }
        if result == -Int(ECONNREFUSED) { unlink(path) }
    }

    static func close(_ descriptor: Int32) { _ = gate_close(descriptor) }

    static func unlink(_ path: String) { _ = Glibc.unlink(path) }
}
