// The other way round: body bytes into a connection's framing.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1

/// What waits to be written to one connection, and the framing of the body that goes through it.
struct OutputQueue: ~Copyable {
    /// Below this, bytes are gathered so that head and small body leave in one write.
    private static let gatherBytes = 16 << 10

    /// Bytes that wait. Owns no storage while nothing waits.
    var buffer = ByteBuffer()

    var isEmpty: Bool { buffer.isEmpty }

    /// Makes sure that there is storage to write a head into.
    mutating func prepare(_ pool: BufferPool) {
        if buffer.capacity == 0 { buffer = pool.take() }
    }

    /// Takes a run of body bytes, as a chunk of its own or plain, writing at once what is too much to gather.
    mutating func add(
        _ bytes: Span<UInt8>, asChunk: Bool, to socket: Socket, pool: BufferPool
    ) -> IOResult {
        prepare(pool)
        if asChunk { ChunkEncoder.appendHeader(bytes.count, to: &buffer) }
        guard buffer.count + bytes.count > Self.gatherBytes, socket.isWritable else {
            buffer.append(bytes)
            if asChunk { ChunkEncoder.appendEnd(to: &buffer) }
            return .bytes(0)
        }
        return write(bytes, asChunk: asChunk, to: socket)
    }

    private mutating func write(_ bytes: Span<UInt8>, asChunk: Bool, to socket: Socket) -> IOResult {
        let end: StaticString = asChunk ? "\r\n" : ""
        // Safe: a static string's bytes live for ever.
        let endBytes = unsafe UnsafeBufferPointer(start: end.utf8Start, count: end.utf8CodeUnitCount)
        let waiting = buffer.count
        let result = socket.write(buffer.span, bytes, endBytes.span)
        guard case .bytes(var written) = result else {
            if result == .wouldBlock {
                buffer.append(bytes)
                buffer.append(end)
            }
            return result
        }
        let fromBuffer = min(written, waiting)
        buffer.consume(fromBuffer)
        written -= fromBuffer
        let fromBytes = min(written, bytes.count)
        buffer.append(bytes, fromBytes..<bytes.count)
        written -= fromBytes
        if written < end.utf8CodeUnitCount {
            for i in written..<end.utf8CodeUnitCount { buffer.append(byte: endBytes[i]) }
        }
        return result
    }

    /// Writes what waits. On `.bytes` or `.wouldBlock`, `isEmpty` tells whether all is gone.
    mutating func flush(to socket: Socket, pool: BufferPool, more: Bool = false) -> IOResult {
        var total = 0
        while !buffer.isEmpty && socket.isWritable {
            switch socket.write(buffer.span, more: more) {
            case .bytes(let count):
                buffer.consume(count)
                total += count
            case .wouldBlock: return total > 0 ? .bytes(total) : .wouldBlock
            case .failed(let code): return .failed(code)
            case .end: return .end
            }
        }
        if buffer.isEmpty { release(pool) }
        return total > 0 ? .bytes(total) : .wouldBlock
    }

    /// Gives the storage back, with whatever waits in it.
    mutating func release(_ pool: BufferPool) {
        if buffer.capacity > 0 { pool.give(buffer.takeOut()) }
    }
}
