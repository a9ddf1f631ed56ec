// A descriptor that one thread may close while another uses it: its number must not become somebody else's meanwhile.

internal import CGateLinux
internal import Glibc
internal import Synchronization

/// Owns a socket's descriptor and closes it once nobody is inside a call with it.
final class SharedDescriptor: Sendable {
    private let number: Int32
    private let state = Mutex(State())

    private struct State {
        var users = 0
        var isClosed = false
    }

    /// Takes over an open socket.
    init(_ number: Int32) { self.number = number }

    deinit { close() }

    /// Calls `body` with the descriptor, which stays open until it returns; throws `.reset` once it is closed.
    func use<Result>(_ body: (Int32) throws -> Result) throws -> Result {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.users += 1 }
            return state.isClosed
        }
        guard !isClosed else { throw WireFailure(.reset) }
        defer { leave() }
        return try body(number)
    }

    /// Closes now, or wakes those who use it and lets the last of them close.
    func close() {
        let isFree: Bool? = state.withLock { state in
            if state.isClosed { return nil }
            state.isClosed = true
            return state.users == 0
        }
        guard let isFree else { return }
        if isFree { Glibc.close(number) } else { shutdown(number, Int32(SHUT_RDWR)) }
    }

    private func leave() {
        let isLast = state.withLock { state in
            state.users -= 1
            return state.isClosed && state.users == 0
        }
        if isLast { Glibc.close(number) }
    }
}
