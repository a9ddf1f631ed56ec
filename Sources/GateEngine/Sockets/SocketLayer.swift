// What may lie between a socket's owner and its descriptor, and the socket's face towards it.

public import CGateLinux
public import GateCore

/// Turns what the owner of a socket reads and writes into other bytes on the wire, such as TLS records.
///
/// It keeps the socket's contract: `.bytes(n)` for a write means that n bytes are with the kernel for good, as whatever they
/// were turned into; after `.wouldBlock` the owner tries again with the same bytes, more of them maybe. After a read it
/// says with `Socket.setStaged` whether it holds bytes that the next read will give.
open class SocketLayer {
    public init() {}

    /// Set when the socket is to be reset: nothing is said that would make the end look intended.
    public final var endsAbruptly = false

    /// As `Socket.read`. `max` is at least 1 and fits into the buffer's free room.
    open func read(_ socket: Socket, into buffer: inout ByteBuffer, max: Int) -> IOResult { .end }

    /// As `Socket.write`.
    open func write(
        _ socket: Socket, _ a: Span<UInt8>, _ b: Span<UInt8>, _ c: Span<UInt8>, more: Bool
    ) -> IOResult { .wouldBlock }

    /// As `Socket.hasUnreadInput`.
    open func hasUnreadInput(_ socket: Socket) -> Bool { false }

    /// The owner writes no more; the descriptor is shut down for writing next.
    open func endWriting(_ socket: Socket) {}

    /// The descriptor is about to be closed: the last moment to say goodbye.
    open func socketCloses(_ socket: Socket) {}
}

extension Socket {
    /// Puts a layer between the owner and the descriptor, for as long as the socket is open. It has none yet.
    public func attach(_ layer: SocketLayer) {
        precondition(!isLayered)
        slot.pointee.layer = .passRetained(layer)
        slot.pointee.readiness.insert(.layered)
    }

    /// Makes another handler the owner: it hears of all further events. The deadline stays.
    public func handOver(to handler: EventHandler) { slot.pointee.loop.handOver(slot, to: handler) }

    @inlinable
    func withLayer<R>(_ body: (SocketLayer) -> R) -> R {
        // Safe: a layered slot keeps its layer until it closes.
        slot.pointee.layer!._withUnsafeGuaranteedRef(body)
    }

    // MARK: The layer's side

    /// Whether the layer holds bytes that a read would give.
    @inlinable
    public func setStaged(_ isStaged: Bool) {
        if isStaged { slot.pointee.readiness.insert(.staged) } else { slot.pointee.readiness.remove(.staged) }
    }

    /// Whether the descriptor itself may have bytes.
    @inlinable public var isDescriptorReadable: Bool { slot.pointee.readiness.contains(.readable) }

    /// Reads from the descriptor. `room` is not empty.
    @inlinable
    public func readDescriptor(_ room: UnsafeMutableRawBufferPointer) -> IOResult {
        noteRead(gate_recv(slot.pointee.descriptor, room.baseAddress, room.count), room.count)
    }

    /// Writes to the descriptor. `more`: further bytes follow at once.
    @inlinable
    public func writeDescriptor(_ bytes: UnsafeRawBufferPointer, more: Bool) -> IOResult {
        let count = gate_send_more(slot.pointee.descriptor, bytes.baseAddress, bytes.count, more ? 1 : 0)
        return noteWrite(count, bytes.count)
    }
}
