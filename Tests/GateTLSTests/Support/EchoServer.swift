import CGateLinux
import GateCore
import GateEngine
import GateTLS
import Glibc
import Synchronization

/// Says back what it hears, over TLS, on a loop and a thread of its own.
final class EchoServer: Sendable {
    let address: SocketAddress
    private let thread: GateThread
    private let mailbox: Mailbox<EchoLoop>
    let notes: EchoNotes

    init(
        _ policy: ServerTLSPolicy = ServerTLSPolicy(), names: ServerNames, waitsForUnknownNames: Bool = false,
        sendBufferBytes: Int32? = nil
    ) throws {
        var listening = try ListeningSocket.open(
            SocketAddress("127.0.0.1:0")!, dualStack: false, backlog: 16, sharesPort: false)
        address = listening.address
        let descriptor = listening.release()
        let notes = EchoNotes()
        self.notes = notes
        let started = Mutex<Mailbox<EchoLoop>?>(nil)
        let isReady = ThreadSignal()
        let ticket = isReady.ticket()
        thread = try GateThread.start(name: "echo") {
            let owner = try! EchoLoop(policy, names, notes)
            owner.context.waitsForUnknownNames = waitsForUnknownNames
            owner.sendBufferBytes = sendBufferBytes
            started.withLock { $0 = owner.mailbox }
            isReady.notify()
            owner.run(descriptor)
        }
        isReady.wait(after: ticket)
        mailbox = started.withLock { $0! }
    }

    /// Does something on the loop's thread.
    func change(_ body: @escaping @Sendable (EchoLoop) -> Void) { mailbox.post(body) }

    func stop() {
        mailbox.post { $0.loop.stop() }
        thread.join()
    }
}

/// What the server has seen.
final class EchoNotes: Sendable {
    private let failures = Mutex<[TLSFailure]>([])
    private let wanted = Mutex<[String]>([])
    private let goodbyes = Mutex(0)
    private let blocked = Mutex(0)

    var allFailures: [TLSFailure] { failures.withLock { $0 } }
    var allWanted: [String] { wanted.withLock { $0 } }
    /// Times that something was left to write, since the kernel took no more.
    var blockedCount: Int { blocked.withLock { $0 } }
    var goodbyeCount: Int { goodbyes.withLock { $0 } }

    func note(_ failure: TLSFailure) { failures.withLock { $0.append(failure) } }
    func note(wanted name: String) { wanted.withLock { $0.append(name) } }
    func noteBlocked() { blocked.withLock { $0 += 1 } }
    func noteGoodbye() { goodbyes.withLock { $0 += 1 } }
}

final class EchoLoop: LoopOwner {
    let loop: EventLoop
    let mailbox: Mailbox<EchoLoop>
    let context: ServerTLSContext
    let workspace: TLSWorkspace
    let notes: EchoNotes
    var suspended: [EchoConnection] = []
    var sendBufferBytes: Int32?

    init(_ policy: ServerTLSPolicy, _ names: ServerNames, _ notes: EchoNotes) throws {
        loop = try EventLoop()
        mailbox = Mailbox(loop: loop)
        context = try ServerTLSContext(policy)
        context.names = names
        workspace = TLSWorkspace(pool: BufferPool(bufferBytes: 4096, keptMax: 8))
        self.notes = notes
    }

    override func woke() { mailbox.drain(self) }

    func run(_ descriptor: Int32) {
        let acceptor = Acceptor(self)
        acceptor.socket = try! loop.add(descriptor, watch: .accept, handler: acceptor)
        loop.run(self)
        mailbox.close()
        loop.closeAll()
    }
}

private final class Acceptor: EventHandler {
    let owner: EchoLoop
    var socket: Socket?

    init(_ owner: EchoLoop) { self.owner = owner }

    override func ready() {
        var from = gate_address()
        let result = gate_accept(socket!.descriptor, &from)
        guard result >= 0 else { return }
        if var bytes = owner.sendBufferBytes {
            setsockopt(Int32(result), SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        EchoConnection.open(Int32(result), owner)
    }
}

/// Reads while it may write, so that a peer that does not read is not read.
final class EchoConnection: EventHandler {
    private let owner: EchoLoop
    private let layer: TLSLayer
    private var socket: Socket!
    private var isShaking = true
    private var hasEnded = false
    private var out = ByteBuffer(capacity: 1 << 16)

    private init(_ owner: EchoLoop) {
        self.owner = owner
        layer = owner.context.makeLayer(owner.workspace)!
    }

    static func open(_ descriptor: Int32, _ owner: EchoLoop) {
        let connection = EchoConnection(owner)
        connection.socket = try! owner.loop.add(descriptor, watch: .stream, handler: connection)
        connection.socket.attach(connection.layer)
    }

    override func ready() {
        if isShaking { shake() }
        if !isShaking { echo() }
    }

    override func resumed() { ready() }

    private func shake() {
        switch layer.handshake(on: socket) {
        case .done:
            isShaking = false
        case .waiting: break
        case .suspended:
            owner.notes.note(wanted: layer.wantedName ?? "")
            owner.suspended.append(self)
        case .failed(let failure):
            owner.notes.note(failure)
            socket.close()
        }
    }

    func giveUp() {
        layer.resumeWithoutIdentity()
        socket.later()
    }

    func goOn() { socket.later() }

    private func echo() {
        while true {
            while !out.isEmpty && socket.isWritable {
                switch socket.write(out.span) {
                case .bytes(let count): out.consume(count)
                case .wouldBlock: break
                default: return socket.close()
                }
            }
            if !out.isEmpty { owner.notes.noteBlocked() }
            guard out.isEmpty, socket.isReadable else { break }
            switch socket.read(into: &out) {
            case .bytes, .wouldBlock: break
            case .end:
                if layer.hasPeerSaidGoodbye { owner.notes.noteGoodbye() }
                return socket.close()
            case .failed:
                if let failure = layer.failure { owner.notes.note(failure) }
                return socket.close()
            }
        }
    }
}
