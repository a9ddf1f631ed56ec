// What comes from a connection. Bytes are read into the worker's scratch buffer and shown to whoever understands them;
// only what was not used is kept, in a buffer from the pool. So a connection that waits owns no buffer.

import GateCore
import GateEngine

/// Bytes that were read from one connection and not used yet. A handle: its copies are the same bytes, and the connection
/// calls `free` in its `deinit`.
///
/// While bytes are shown they are nobody's: what is done with them may call `release`, and close the connection. Closures
/// are told to use what they can of the bytes and to say how many; all of them, if nobody wants the rest.
struct InputBuffer {
    /// Reads in a row before other connections have their turn.
    private static let turnsMax = 16
    /// A read has room for as many bytes at least.
    private static let roomMin = 4096

    /// Owns no storage while empty.
    private let held = Pinned<ByteBuffer>(ByteBuffer())

    var isEmpty: Bool { unsafe held.address.pointee.isEmpty }

    /// Begins with what somebody else has read from the connection.
    func adopt(_ bytes: consuming ByteBuffer) { unsafe held.address.pointee = bytes }

    /// Has bytes used for as long as they are wanted: those that wait, then what `read` gets from the socket until it answers
    /// that there is nothing more now.
    @inline(__always)
    func readAll(
        from socket: Socket, _ worker: Worker, while isWanted: () -> Bool, use: (Span<UInt8>) -> Int, read: () -> Bool
    ) {
        var turns = Self.turnsMax
        while isWanted() && (socket.isReadable || !isEmpty) {
            // The others have their turn.
            guard turns > 0 else { return socket.later() }
            turns -= 1
            if !isEmpty {
                if useHeld(worker, use) { continue }
                guard socket.isReadable, isWanted() else { return }
            }
            if !read() { return }
        }
    }

    /// Reads once, `max` bytes at most, behind those that wait. `use` gets all of them, and how many are new.
    @inline(__always)
    func read(from socket: Socket, max: Int = .max, _ worker: Worker, use: (Span<UInt8>, Int) -> Int) -> IOResult {
        let isScratch = isEmpty
        var bytes = isScratch ? worker.takeScratch() : unsafe held.address.pointee.takeOut()
        bytes.reserve(Self.roomMin)
        let result = socket.read(into: &bytes, max: max)
        if case .bytes(let count) = result {
            let used = use(bytes.span, count)
            bytes.consume(used)
        }
        if isScratch { keepRest(of: &bytes, worker) } else { keep(&bytes, worker) }
        return result
    }

    /// Whether anything of the waiting bytes could be used.
    @inline(__always)
    private func useHeld(_ worker: Worker, _ use: (Span<UInt8>) -> Int) -> Bool {
        var bytes = unsafe held.address.pointee.takeOut()
        let used = use(bytes.span)
        bytes.consume(used)
        keep(&bytes, worker)
        return used > 0
    }

    /// The scratch buffer is for the next connection.
    @inline(__always)
    private func keepRest(of scratch: inout ByteBuffer, _ worker: Worker) {
        if !scratch.isEmpty {
            var rest = worker.pool.take()
            rest.append(scratch.span)
            adopt(rest)
        }
        worker.giveScratch(scratch.takeOut())
    }

    private func keep(_ bytes: inout ByteBuffer, _ worker: Worker) {
        if bytes.isEmpty { worker.pool.give(bytes.takeOut()) } else { adopt(bytes.takeOut()) }
    }

    /// Gives the storage back, with whatever waits in it.
    func release(_ pool: BufferPool) {
        if unsafe held.address.pointee.capacity > 0 { pool.give(unsafe held.address.pointee.takeOut()) }
    }

    /// Ends it and all its copies.
    func free() { held.free() }
}
