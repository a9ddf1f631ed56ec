// Listening descriptors, made off the workers and handed to them.

import CGateLinux
public import GateCore
import Glibc

/// A descriptor that listens and is not watched yet. Closes itself unless it is released to a loop.
public struct ListeningSocket: ~Copyable, Sendable {
    private var descriptor: Int32

    /// The address that it is bound to, with the port that the kernel chose when 0 was asked for.
    public let address: SocketAddress

    deinit { if descriptor >= 0 { _ = gate_close(descriptor) } }

    /// Hands the descriptor over.
    public mutating func release() -> Int32 {
        let result = descriptor
        descriptor = -1
        return result
    }

    /// A second descriptor of the same socket.
    public borrowing func duplicate() throws(SystemError) -> ListeningSocket {
        let copy = try SystemError.check("duplicating \(address)", Int(fcntl(descriptor, F_DUPFD_CLOEXEC, 3)))
        return ListeningSocket(descriptor: Int32(copy), address: address)
    }

    /// Binds and listens.
    /// - Parameters:
    ///   - backlog: connections that wait to be accepted.
    ///   - sharesPort: several sockets of this process listen on one address (SO_REUSEPORT); an address that another
    ///     socket holds already is still an error for the first of them, see `isFree`.
    public static func open(
        _ address: SocketAddress, dualStack: Bool, backlog: Int, sharesPort: Bool
    ) throws(SystemError) -> ListeningSocket {
        var storage = address.kernelForm
        guard storage.length > 0 else {
            throw SystemError("listening on \(address): path too long", code: Int(ENAMETOOLONG))
        }
        let fd = gate_listen(&storage, Int32(clamping: backlog), sharesPort ? 1 : 0, dualStack ? 1 : 0)
        let descriptor = Int32(try SystemError.check("listening on \(address)", fd))
        return ListeningSocket(descriptor: descriptor, address: address.bound(to: descriptor))
    }
}
