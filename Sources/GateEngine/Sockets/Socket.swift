// A stream socket as its owner sees it: readiness in flags, reads and writes that keep the flags true.

public import CGateLinux
public import GateCore

/// The outcome of a read or a write.
public enum IOResult: Equatable, Sendable {
    /// As many bytes were moved; at least 1.
    case bytes(Int)
    /// Nothing can be moved now; readiness will be reported.
    case wouldBlock
    /// Reading: the other side will send no more.
    case end
    /// The connection is broken; the errno says how.
    case failed(Int32)
}

/// A handle on a slot of an event loop. Valid until `close()`; the owner drops it then. Not thread safe.
public struct Socket {
    @usableFromInline let slot: UnsafeMutablePointer<Slot>

    @inlinable init(slot: UnsafeMutablePointer<Slot>) { self.slot = slot }

    // Safe for all below: slots never move, and the owner uses no socket after closing it.

    @inlinable public var descriptor: Int32 { slot.pointee.descriptor }
    @inlinable public var readiness: Readiness { slot.pointee.readiness }
    /// Reading is worth a try: the kernel has reported bytes, or a layer holds some.
    @inlinable public var isReadable: Bool { !slot.pointee.readiness.isDisjoint(with: [.readable, .staged]) }
    @inlinable public var isWritable: Bool { slot.pointee.readiness.contains(.writable) }
    @inlinable public var isHungUp: Bool { slot.pointee.readiness.contains(.hangup) }
    @inlinable public var isReadHungUp: Bool { slot.pointee.readiness.contains(.readHangup) }
    /// What is read and written is not what the descriptor carries: nothing may be spliced.
    @inlinable public var isLayered: Bool { slot.pointee.readiness.contains(.layered) }

    /// Reads what fits into the buffer's free room, `max` bytes at most. A short read clears `readable`, since an edge
    /// will tell of more.
    @inlinable
    public func read(into buffer: inout ByteBuffer, max: Int = .max) -> IOResult {
        let room = Swift.min(buffer.freeCount, max)
        precondition(room > 0)
        if isLayered { return withLayer { $0.read(self, into: &buffer, max: room) } }
        let count = buffer.withFreeRoom { gate_recv(slot.pointee.descriptor, $0.baseAddress, room) }
        return noteRead(count, room)
    }

    @usableFromInline
    func noteRead(_ count: Int, _ room: Int) -> IOResult {
        if count > 0 {
            if count < room && !slot.pointee.readiness.contains(.readHangup) {
                slot.pointee.readiness.remove(.readable)
            }
            return .bytes(count)
        }
        slot.pointee.readiness.remove(.readable)
        if count == 0 {
            slot.pointee.readiness.insert(.readHangup)
            return .end
        }
        let code = Int32(truncatingIfNeeded: -count)
        if code == EAGAIN { return .wouldBlock }
        if code == EINTR {
            slot.pointee.readiness.insert(.readable)
            return .wouldBlock
        }
        return .failed(code)
    }

    /// Writes as much of the bytes as the kernel takes; a short write clears `writable`. `more`: further bytes follow
    /// at once, so a segment that is not full may wait for them.
    @inlinable
    public func write(_ bytes: Span<UInt8>, more: Bool = false) -> IOResult {
        let total = bytes.count
        if isLayered { return withLayer { $0.write(self, bytes, Span(), Span(), more: more) } }
        let count = bytes.withUnsafeBufferPointer {
            gate_send_more(slot.pointee.descriptor, $0.baseAddress, total, more ? 1 : 0)
        }
        return noteWrite(count, total)
    }

    /// Writes three runs of bytes as one.
    @inlinable
    public func write(_ a: Span<UInt8>, _ b: Span<UInt8>, _ c: Span<UInt8>) -> IOResult {
        let total = a.count &+ b.count &+ c.count
        if isLayered { return withLayer { $0.write(self, a, b, c, more: false) } }
        let count = a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeBufferPointer { c in
                    gate_send3(
                        slot.pointee.descriptor, a.baseAddress, a.count, b.baseAddress, b.count, c.baseAddress, c.count)
                }
            }
        }
        return noteWrite(count, total)
    }

    /// Pieces that `write(front:heads:headBytes:body:pieceBytes:)` takes at most.
    public static var piecesMax: Int { GATE_FRAMES_MAX }

    /// Writes `front`, then `body` in pieces of `pieceBytes` (the last may be shorter), each behind `headBytes` of `heads`:
    /// as many heads as pieces, `piecesMax` at most. Not for layered sockets.
    @inlinable
    public func write(
        front: Span<UInt8>, heads: Span<UInt8>, headBytes: Int, body: Span<UInt8>, pieceBytes: Int
    ) -> IOResult {
        let pieces = (body.count &+ pieceBytes &- 1) / pieceBytes
        precondition(!isLayered && pieces <= Self.piecesMax && heads.count == pieces &* headBytes)
        let count = front.withUnsafeBufferPointer { front in
            heads.withUnsafeBufferPointer { heads in
                body.withUnsafeBufferPointer { body in
                    gate_send_framed(
                        slot.pointee.descriptor, front.baseAddress, front.count, heads.baseAddress, headBytes,
                        body.baseAddress, body.count, pieceBytes)
                }
            }
        }
        return noteWrite(count, front.count &+ heads.count &+ body.count)
    }

    @usableFromInline
    func noteWrite(_ count: Int, _ total: Int) -> IOResult {
        if count >= 0 {
            if count < total { slot.pointee.readiness.remove(.writable) }
            return count == 0 && total > 0 ? .wouldBlock : .bytes(count)
        }
        let code = Int32(truncatingIfNeeded: -count)
        if code == EAGAIN {
            slot.pointee.readiness.remove(.writable)
            return .wouldBlock
        }
        return code == EINTR ? .wouldBlock : .failed(code)
    }

    /// Moves at most `count` bytes into the pipe without copying them.
    public func splice(into pipe: SplicePipe, _ count: Int) -> IOResult {
        precondition(!isLayered)
        let room = min(count, pipe.capacity - pipe.held)
        let moved = gate_splice(slot.pointee.descriptor, pipe.writeEnd, room, 0)
        // A splice stops at the pipe's number of pages, too: a short one says nothing about the socket.
        let result = noteRead(moved, 0)
        if case .bytes(let bytes) = result { pipe.held += bytes }
        return result
    }

    /// Moves what the pipe holds into the socket. `more`: further bytes will follow at once.
    public func splice(from pipe: SplicePipe, more: Bool) -> IOResult {
        precondition(!isLayered)
        let total = pipe.held
        let moved = gate_splice(pipe.readEnd, slot.pointee.descriptor, total, more ? 1 : 0)
        if moved > 0 { pipe.held -= moved }
        return noteWrite(moved, total)
    }

    /// Tells the other side that no more will be written.
    public func shutdownWrite() {
        if isLayered { withLayer { $0.endWriting(self) } }
        _ = gate_shutdown_write(slot.pointee.descriptor)
    }

    /// The error that a connection attempt ended with; 0 when it is connected.
    public func connectError() -> Int32 { gate_socket_error(slot.pointee.descriptor) }

    /// Whether the other side has sent anything, or its end, that nobody has read. Costs a system call. Clears
    /// `readable` when there is nothing.
    public func hasUnreadInput() -> Bool {
        if isLayered { return withLayer { $0.hasUnreadInput(self) } }
        var byte: UInt8 = 0
        guard gate_peek(slot.pointee.descriptor, &byte, 1) == -Int(EAGAIN) else { return true }
        slot.pointee.readiness.remove(.readable)
        return false
    }

    /// Milliseconds of the loop's clock at which `deadlinePassed()` is called; `UInt64.max` is never. Moving it later costs
    /// a store.
    @inlinable
    public func setDeadline(_ ms: UInt64) {
        slot.pointee.deadlineMs = ms
        if ms < slot.pointee.filedMs { slot.pointee.loop.file(slot, ms) }
    }

    /// No deadline from now on.
    @inlinable
    public func clearDeadline() { slot.pointee.deadlineMs = Slot.never }

    /// Has the loop call `resumed()` once after the events of this round.
    @inlinable
    public func later() {
        if !slot.pointee.readiness.contains(.queued) { slot.pointee.loop.enqueue(slot) }
    }

    /// Reading is worth a try, whatever was reported: after a failed write the last words of the other side may be there.
    public func assumeReadable() { slot.pointee.readiness.insert(.readable) }

    /// Closes the descriptor and frees the slot. The handler stays alive until the round ends.
    @inlinable
    public func close() { slot.pointee.loop.close(slot) }

    /// Gives the descriptor away, open, and frees the slot as `close()` does.
    public func release() -> Int32 {
        slot.pointee.loop.pause(slot)
        let descriptor = slot.pointee.descriptor
        slot.pointee.descriptor = -1
        slot.pointee.loop.close(slot)
        return descriptor
    }

    /// Has `close()` send a reset, so that the other side takes nothing incomplete for whole.
    public func resetOnClose() {
        if isLayered { withLayer { $0.endsAbruptly = true } }
        gate_linger_reset(slot.pointee.descriptor)
    }

    /// A listening socket takes a rest.
    public func pauseAccepting() { slot.pointee.loop.pause(slot) }

    /// A listening socket works again.
    public func resumeAccepting(_ watch: EventLoop.Watch) { slot.pointee.loop.unpause(slot, watch) }
}
