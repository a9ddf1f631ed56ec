// A stream socket for tests: raw bytes, blocking calls, every wait with a bound. It knows nothing of HTTP.

internal import CGateLinux
public import GateCore
internal import Glibc

/// A TCP or Unix connection, made by `connect` or taken by a `ScriptedServer`.
///
/// One thread may read while another sends or closes. It closes when the last reference goes.
public final class RawConnection: ByteStream {
    private let handle: SharedDescriptor
    public let unread = UnreadBytes()

    /// Takes over a connected, non-blocking socket.
    init(taking descriptor: Int32) {
        handle = SharedDescriptor(descriptor)
        gate_no_delay(descriptor)
    }

    deinit { close() }

    /// Connects. `receiveBufferBytes` makes a reader that the other side fills soon; `from` is the own address, for
    /// which any of `127.0.0.0/8` does.
    public static func connect(
        to address: SocketAddress, from local: IPAddress? = nil, receiveBufferBytes: Int? = nil,
        within bound: Duration = Deadline.usual
    ) throws -> RawConnection {
        var target = address.system
        let descriptor = socket(
            Int32(target.storage.ss_family),
            Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket") }
        let connection = RawConnection(taking: descriptor)
        if let receiveBufferBytes { gate_option(descriptor, SOL_SOCKET, SO_RCVBUF, Int32(receiveBufferBytes)) }
        if let local { try connection.bind(local) }
        let result = withSockaddr(&target) { Glibc.connect(descriptor, $0, $1) }
        if result < 0 {
            guard errno == EINPROGRESS else { throw WireFailure(Self.kind(errno)) }
            try connection.wait(POLLOUT, Deadline(within: bound))
            let error = try connection.handle.use { gate_socket_error($0) }
            guard error == 0 else { throw WireFailure(kind(error)) }
        }
        return connection
    }

    private func bind(_ local: IPAddress) throws {
        var address = SocketAddress.ip(local, port: 0).system
        let result = try handle.use { descriptor in withSockaddr(&address) { Glibc.bind(descriptor, $0, $1) } }
        guard result == 0 else { throw SystemFailure("bind") }
    }

    /// The port at this end; 0 for a Unix socket.
    public var localPort: UInt16 { (try? handle.use { gate_local_address($0).port }) ?? 0 }

    // MARK: Sending

    public func send(_ bytes: [UInt8], within bound: Duration) throws {
        let deadline = Deadline(within: bound)
        var sent = 0
        while sent < bytes.count {
            let count = try bytes.withUnsafeBytes { try sendNow($0.baseAddress! + sent, $0.count - sent) }
            if count >= 0 {
                sent += count
            } else if count == -Int(EAGAIN) {
                try wait(POLLOUT, deadline)
            } else if count != -Int(EINTR) {
                throw WireFailure(Self.kind(Int32(-count)))
            }
        }
    }

    /// Sends as much as the other side takes without reading: stops when nothing goes out for `quiet`, or at `limit`.
    /// Answers how many bytes went out.
    public func sendUntilStuck(limit: Int, quiet: Duration = .milliseconds(300)) throws -> Int {
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65536)
        var sent = 0
        while sent < limit {
            let count = try piece.withUnsafeBytes { try sendNow($0.baseAddress!, min($0.count, limit - sent)) }
            if count >= 0 {
                sent += count
            } else if count == -Int(EAGAIN) {
                do { try wait(POLLOUT, Deadline(within: quiet)) } catch let failure as WireFailure {
                    if failure.kind == .timedOut { return sent }
                    throw failure
                }
            } else {
                throw WireFailure(Self.kind(Int32(-count)))
            }
        }
        return sent
    }

    /// Bytes that the kernel took, or the negated `errno`.
    private func sendNow(_ bytes: UnsafeRawPointer, _ count: Int) throws -> Int {
        try handle.use { descriptor in
            let sent = Glibc.send(descriptor, bytes, count, Int32(MSG_NOSIGNAL))
            return sent < 0 ? -Int(errno) : sent
        }
    }

    /// Waits until the other side's kernel has everything that was sent: what comes next arrives apart from it, unless the
    /// other side is slow to read.
    public func waitUntilReceived(within bound: Duration = Deadline.usual) throws {
        try eventually("sent bytes to be acknowledged", within: bound) {
            var waiting: Int32 = 0
            return try handle.use { ioctl($0, UInt(TIOCOUTQ), &waiting) } < 0 || waiting == 0
        }
    }

    /// Ends the own direction (FIN); reading goes on.
    public func endSending() { _ = try? handle.use { shutdown($0, Int32(SHUT_WR)) } }

    // MARK: Receiving

    /// Waits, without reading, until the other side has ended its stream or reset the connection.
    public func waitForHangUp(within bound: Duration = Deadline.usual) throws {
        try wait(Int32(GATE_EPOLL_READ_HANGUP), Deadline(within: bound))
    }

    /// Waits, without reading, until no more bytes come because the own side has no room for them.
    public func waitUntilFull(within bound: Duration = Deadline.usual) throws {
        var before: Int32 = -1
        try eventually("the receive buffer to fill", within: bound) {
            poll(nil, 0, 100)
            var waiting: Int32 = 0
            _ = try handle.use { ioctl($0, UInt(FIONREAD), &waiting) }
            defer { before = waiting }
            return waiting > 0 && waiting == before
        }
    }

    /// True if nothing has come, the end of the stream included, for the whole of `time`: the one wait that is
    /// for something not to happen.
    public func staysSilent(for time: Duration) throws -> Bool {
        guard unread.isEmpty else { return false }
        do { try wait(POLLIN, Deadline(within: time)) } catch let failure as WireFailure {
            if failure.kind == .timedOut { return true }
            throw failure
        }
        return false
    }

    // MARK: Ending

    /// Closes; with unread bytes the kernel makes a reset of it.
    public func close() { handle.close() }

    /// Closes with a reset (RST) whatever is under way.
    public func reset() {
        _ = try? handle.use { descriptor in
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        }
        close()
    }

    /// Wakes whoever reads or sends, from another thread; the owner still has to close.
    func interrupt() { _ = try? handle.use { shutdown($0, Int32(SHUT_RDWR)) } }

    // MARK: Inside

    public func receive(_ deadline: Deadline) throws -> [UInt8] {
        while true {
            var count = 0
            let bytes = try [UInt8](unsafeUninitializedCapacity: 65536) { buffer, initialized in
                count = try handle.use {
                    let count = recv($0, buffer.baseAddress!, buffer.count, 0)
                    return count < 0 ? -Int(errno) : count
                }
                initialized = max(0, count)
            }
            if count >= 0 { return bytes }
            if count == -Int(EAGAIN) {
                try wait(POLLIN, deadline)
            } else if count != -Int(EINTR) {
                throw WireFailure(Self.kind(Int32(-count)))
            }
        }
    }

    private func wait(_ events: Int32, _ deadline: Deadline) throws {
        while true {
            let count = try handle.use { descriptor in
                var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
                return poll(&entry, 1, deadline.leftMs)
            }
            if count > 0 { return }
            if count == 0 || deadline.hasPassed { throw WireFailure(.timedOut) }
        }
    }

    private static func kind(_ error: Int32) -> WireFailure.Kind {
        switch error {
        case ECONNRESET, EPIPE: .reset
        case ECONNREFUSED: .refused
        default: .system(error)
        }
    }
}
