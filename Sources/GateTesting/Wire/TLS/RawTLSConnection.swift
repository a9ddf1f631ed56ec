// TLS over a `RawConnection`, for tests: every byte of it passes through the test's hands if it wants to.

public import GateCore
internal import Synchronization

/// One end of a TLS connection. What is sent and read is plain text; `raw` is the connection below.
///
/// One thread may read while another sends or closes.
public final class RawTLSConnection: ByteStream {
    /// The connection that carries the records.
    public let raw: RawConnection
    public let unread = UnreadBytes()
    private let engine: Mutex<RawTLSEngine>
    private let notes: RawTLSNotes
    private let wire: @Sendable (RawConnection, [UInt8]) throws -> Void
    /// Keeps records in order on the wire.
    private let sending = Mutex(())

    /// Makes one end over a connected stream; nothing is sent until `handshake` or `send`.
    public init(over raw: RawConnection, _ options: RawTLSOptions = RawTLSOptions()) throws {
        self.raw = raw
        wire = options.wire
        notes = RawTLSNotes()
        engine = Mutex(try RawTLSEngine(options, notes: notes))
    }

    /// Connects and shakes hands.
    public static func connect(
        to address: SocketAddress, _ options: RawTLSOptions = RawTLSOptions(), within bound: Duration = Deadline.usual
    ) throws -> RawTLSConnection {
        let raw = try RawConnection.connect(to: address, within: bound)
        let connection = try RawTLSConnection(over: raw, options)
        try connection.handshake(within: bound)
        return connection
    }

    // MARK: Handshake

    /// Shakes hands to the end; throws `.alert` when the other side refuses. With early data it returns once that may
    /// be sent; the rest of the handshake comes with the first read.
    public func handshake(within bound: Duration = Deadline.usual) throws {
        let deadline = Deadline(within: bound)
        while true {
            let outcome = engine.withLock { $0.handshake() }
            try flush(deadline)
            switch outcome {
            case .done: return
            case .needsInput: try feed(deadline)
            case .ended: throw WireFailure(.ended)
            case .failed(let kind): throw WireFailure(kind)
            }
        }
    }

    /// The bytes that the handshake begins with: what `wire` would have got.
    public func firstFlight() -> [UInt8] {
        engine.withLock { engine in
            _ = engine.handshake()
            return engine.takeOutput()
        }
    }

    // MARK: Bytes

    public func send(_ bytes: [UInt8], within bound: Duration) throws {
        let deadline = Deadline(within: bound)
        var sent = 0
        while sent < bytes.count {
            let outcome = engine.withLock { [sent] in $0.write(bytes[sent...]) }
            try flush(deadline)
            switch outcome {
            case .done(let count): sent += count
            case .needsInput: try feed(deadline)
            case .ended: throw WireFailure(.ended)
            case .failed(let kind): throw WireFailure(kind)
            }
        }
    }

    public func receive(_ deadline: Deadline) throws -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let outcome = engine.withLock { $0.read(into: &piece) }
            try flushUnlessSending()
            switch outcome {
            case .done(let count): return Array(piece[..<count])
            case .needsInput: try feed(deadline)
            case .ended: return []
            case .failed(let kind): throw WireFailure(kind)
            }
        }
    }

    /// Brings to the wire what waits for it.
    private func flush(_ deadline: Deadline) throws {
        try sending.withLock { _ in try bringOut() }
        try flushUnlessSending()
    }

    /// The same for who reads: leaves it to a sender that is at it, and does not wait for that one. The sender may wait for
    /// the other side, and the other side for its bytes to be read.
    private func flushUnlessSending() throws {
        while engine.withLock({ $0.hasOutput }) {
            guard try sending.withLockIfAvailable({ _ in try bringOut() }) != nil else { return }
        }
    }

    private func bringOut() throws {
        let bytes = engine.withLock { $0.takeOutput() }
        if !bytes.isEmpty { try wire(raw, bytes) }
    }

    /// Takes from the wire what has come, at least something.
    private func feed(_ deadline: Deadline) throws {
        // What somebody has read too much of before TLS began comes first.
        var bytes = raw.unread.takeAll()
        if bytes.isEmpty { bytes = try raw.receive(deadline) }
        guard !bytes.isEmpty else { throw WireFailure(.endedWithoutNotice) }
        engine.withLock { $0.feed(bytes) }
    }

    /// Asks for new keys in both directions (RFC 8446 §4.6.3).
    public func updateKeys() throws {
        engine.withLock { $0.updateKeys() }
        try flush(Deadline())
    }

    // MARK: Ending

    /// Sends close_notify; reading goes on (RFC 8446 §6.1).
    public func endSending() throws {
        engine.withLock { $0.notifyEnd() }
        try flush(Deadline())
    }

    /// Closes the connection below, without close_notify: a plain cut.
    public func close() { raw.close() }

    // MARK: Facts

    public var version: RawTLSVersion? { engine.withLock { $0.version } }
    /// The cipher suite, as RFCs name it.
    public var suite: String { engine.withLock { $0.suite } }
    /// The group of the key exchange.
    public var group: String { engine.withLock { $0.group } }
    /// The application protocol that both agreed upon (RFC 7301).
    public var negotiatedProtocol: String? { engine.withLock { $0.negotiatedProtocol } }
    /// The name that the client asked for (RFC 6066 §3); nil: none.
    public var requestedName: String? { engine.withLock { $0.requestedName } }
    public var isResumed: Bool { engine.withLock { $0.isResumed } }
    /// What is sent now goes as early data.
    public var isEarly: Bool { engine.withLock { $0.isEarly } }
    public var isEarlyDataAccepted: Bool { engine.withLock { $0.isEarlyDataAccepted } }
    /// The other side's certificates in DER, leaf first.
    public var peerChain: [[UInt8]] { engine.withLock { $0.peerChain } }
    /// The OCSP response that came with the certificate; empty when there was none.
    public var staple: [UInt8] { engine.withLock { $0.staple } }
    /// Sessions that the server has given so far. With TLS 1.3 they come behind the handshake, with the first reads.
    public var sessions: [RawTLSSession] { notes.sessions }
    /// Types of the handshake messages that came, in order (RFC 8446 §4).
    public var messages: [UInt8] { notes.messages }
    /// The alert with which the other side gave up (RFC 8446 §6.2).
    public var fatalAlert: UInt8? { notes.fatalAlert }
}
