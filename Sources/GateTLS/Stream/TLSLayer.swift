// One connection's TLS. The library works on the socket directly: what it reads and writes goes through
// RecordTransport; what the owner reads and writes is in +Data, the beginning in +Handshake.

import CNIOBoringSSL
public import GateCore
public import GateEngine

/// TLS between a socket's owner and its descriptor. Not thread safe.
public final class TLSLayer: SocketLayer {
    let ssl: OpaquePointer
    let workspace: TLSWorkspace
    /// For connections that clients have opened.
    let server: ServerTLSContext?
    /// Of the call under way.
    var socket: Socket?
    /// Records that were read ahead and wait for their reader. Owns no storage while empty.
    var waiting: ByteBuffer {
        unsafeAddress { unsafe waitingPin.reading }
        unsafeMutableAddress { unsafe waitingPin.address }
    }
    private let waitingPin = Pinned<ByteBuffer>(ByteBuffer())
    /// The part of the workspace's `ahead` that belongs to the call under way.
    var ahead = 0..<0
    /// More of this write follows at once.
    var writesMore = false
    /// The other side's bytes are at their end.
    var isAtEnd = false
    /// The errno of a broken descriptor.
    var brokenCode: Int32 = 0
    /// The handshake is over, as far as reading and writing go.
    var isEstablished = false
    /// A fatal error: nothing more can be said.
    var isDead = false
    /// The descriptor takes no more.
    var isWriteBroken = false
    private var hasSaidGoodbye = false

    /// Why it ended, once a handshake, a read or a write has failed.
    public internal(set) var failure: TLSFailure?
    /// The other side broke a rule of an established connection, and an alert has told it so (RFC 8446 §6.2). It is lost when
    /// the descriptor is closed while the other side still sends.
    public var hasSaidWhy: Bool {
        guard isEstablished, let kind = failure?.kind else { return false }
        return kind == .protocolViolation
    }
    /// The other side has said that it sends no more (close_notify, RFC 8446 §6.1). An end without it may be somebody's
    /// scissors.
    public internal(set) var hasPeerSaidGoodbye = false
    /// Who we are for this client; nil for connections to servers, and before its ClientHello has come.
    public internal(set) var identity: ServerIdentity?
    /// Where the client came to; set it before the handshake. Nil: nobody knows.
    public var localAddress: IPAddress?
    /// Where sessions go that a server gives; nil: they are dropped.
    var sessions: TLSSessions?
    /// The name that a suspended handshake waits for.
    public internal(set) var wantedName: String?
    /// The connection proves control of a name to a certification authority, and is good for nothing else (RFC 8737).
    public internal(set) var isChallenge = false
    var refusesName = false
    var gaveUpWaiting = false

    /// Takes the SSL over.
    init(_ ssl: OpaquePointer, _ workspace: TLSWorkspace, server: ServerTLSContext?) {
        self.ssl = ssl
        self.workspace = workspace
        self.server = server
        super.init()
        SSL_set_ex_data(ssl, Self.index, Unmanaged.passUnretained(self).toOpaque())
        RecordTransport.connect(ssl, to: self)
        SSL_set_shed_handshake_config(ssl, 1)
    }

    deinit {
        if waiting.capacity > 0 { workspace.pool.give(waiting.takeOut()) }
        SSL_free(ssl)
        waitingPin.free()
    }

    private static let index = SSL_get_ex_new_index(0, nil, nil, nil, nil)

    /// The layer of an SSL, for the library's callbacks.
    static func of(_ ssl: OpaquePointer?) -> TLSLayer? {
        // Safe: an SSL lives no longer than its layer.
        SSL_get_ex_data(ssl, index).map { Unmanaged<TLSLayer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: SocketLayer

    public override func read(_ socket: Socket, into buffer: inout ByteBuffer, max: Int) -> IOResult {
        readPlaintext(socket, into: &buffer, max: max)
    }

    public override func write(
        _ socket: Socket, _ a: Span<UInt8>, _ b: Span<UInt8>, _ c: Span<UInt8>, more: Bool
    ) -> IOResult {
        writePlaintext(socket, a, b, c, more: more)
    }

    public override func hasUnreadInput(_ socket: Socket) -> Bool { hasPlaintext(socket) }

    public override func endWriting(_ socket: Socket) { sayGoodbye(socket) }

    public override func socketCloses(_ socket: Socket) {
        if !endsAbruptly { sayGoodbye(socket) }
    }

    /// RFC 8446 §6.1. Once, and not in the middle of a record.
    private func sayGoodbye(_ socket: Socket) {
        guard isEstablished, !isDead, !isWriteBroken, !hasSaidGoodbye, socket.isWritable else { return }
        hasSaidGoodbye = true
        _ = using(socket) { SSL_shutdown(ssl) }
        LibraryError.clear()
    }

    // MARK: The descriptor

    /// Makes a call into the library that may read from and write to the socket.
    @inline(__always)
    func using<R>(_ socket: Socket, _ body: () -> R) -> R {
        self.socket = socket
        let result = body()
        self.socket = nil
        if !ahead.isEmpty { keepAhead() }
        return result
    }

    /// What was read ahead and not used moves to a buffer of its own: the workspace is for the next one.
    private func keepAhead() {
        if waiting.capacity == 0 { waiting = workspace.pool.take() }
        waiting.append(
            UnsafeRawBufferPointer(rebasing: workspace.ahead[ahead]).assumingMemoryBound(to: UInt8.self).span)
        ahead = 0..<0
    }

    /// Bytes for the library: those that wait first, then from the descriptor. A flag of an earlier call would make a wait of
    /// an error, so what is neither success nor wait clears it.
    func provide(_ room: UnsafeMutableRawBufferPointer, _ bio: OpaquePointer) -> Int32 {
        if !waiting.isEmpty { return provideWaiting(room) }
        if ahead.isEmpty {
            guard let socket, socket.isDescriptorReadable else {
                BIO_set_retry_read(bio)
                return -1
            }
            return read(socket, room, bio)
        }
        return provideAhead(room)
    }

    private func provideAhead(_ room: UnsafeMutableRawBufferPointer) -> Int32 {
        let count = min(room.count, ahead.count)
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: workspace.ahead[ahead.prefix(count)]))
        ahead = (ahead.lowerBound + count)..<ahead.upperBound
        return Int32(count)
    }

    private func provideWaiting(_ room: UnsafeMutableRawBufferPointer) -> Int32 {
        let count = min(room.count, waiting.count)
        waiting.withBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
        waiting.consume(count)
        if waiting.isEmpty { workspace.pool.give(waiting.takeOut()) }
        return Int32(count)
    }

    /// Reads all that is there into the workspace, and gives what was asked for. The library's own room would save a copy of
    /// what is in one record; but it asks for the five bytes of a header first, and the kernel charges more for two places
    /// than the copy costs.
    private func read(_ socket: Socket, _ room: UnsafeMutableRawBufferPointer, _ bio: OpaquePointer) -> Int32 {
        switch socket.readDescriptor(workspace.ahead) {
        case .bytes(let count):
            ahead = 0..<count
            return provideAhead(room)
        case .wouldBlock:
            BIO_set_retry_read(bio)
            return -1
        case .end:
            isAtEnd = true
            BIO_clear_retry_flags(bio)
            return 0
        case .failed(let code):
            brokenCode = code
            BIO_clear_retry_flags(bio)
            return -1
        }
    }

    /// A record of the library's, or the rest of one.
    func send(_ bytes: UnsafeRawBufferPointer, _ bio: OpaquePointer) -> Int32 {
        guard let socket, socket.isWritable else {
            BIO_set_retry_write(bio)
            return -1
        }
        switch socket.writeDescriptor(bytes, more: writesMore) {
        case .bytes(let count): return Int32(count)
        case .wouldBlock, .end:
            BIO_set_retry_write(bio)
            return -1
        case .failed(let code):
            brokenCode = code
            BIO_clear_retry_flags(bio)
            return -1
        }
    }
}
