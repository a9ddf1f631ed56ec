// Buffers that were given back wait here for the next use, the warmest first.

/// A worker's store of equal buffers. Not thread safe: one belongs to one event loop.
public final class BufferPool {
    /// Bytes of each buffer that the pool makes.
    public let bufferBytes: Int
    private let keptMax: Int
    private var kept: ContiguousArray<Box>
    private var keptCount = 0
    /// Buffers that are out at the moment.
    public private(set) var outCount = 0

    /// Arrays of noncopyable values are not to be had yet; a box is made once and reused.
    private final class Box {
        var buffer: ByteBuffer
        init(_ buffer: consuming ByteBuffer) { self.buffer = buffer }
    }

    /// `keptMax` buffers at most wait for their next use; more are freed when they come back.
    public init(bufferBytes: Int, keptMax: Int) {
        precondition(bufferBytes > 0 && keptMax > 0)
        self.bufferBytes = bufferBytes
        self.keptMax = keptMax
        kept = []
        kept.reserveCapacity(keptMax)
    }

    /// A buffer with at least `bufferBytes` of room, empty.
    public func take() -> ByteBuffer {
        outCount += 1
        guard keptCount > 0 else { return ByteBuffer(capacity: bufferBytes) }
        keptCount -= 1
        return kept[keptCount].buffer.takeOut()
    }

    /// Gives a buffer back. One that grew is kept only up to four times the pool's size.
    public func give(_ buffer: consuming ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        precondition(outCount > 0)
        outCount -= 1
        guard buffer.capacity <= bufferBytes * 4 else { return }
        if keptCount < kept.count {
            buffer.removeAll()
            kept[keptCount].buffer = buffer
            keptCount += 1
        } else if kept.count < keptMax {
            buffer.removeAll()
            kept.append(Box(buffer))
            keptCount += 1
        }
    }
}

extension ByteBuffer {
    /// Moves the bytes out and leaves a buffer that owns nothing.
    @inlinable
    public mutating func takeOut() -> ByteBuffer {
        var other = ByteBuffer()
        swap(&self, &other)
        return other
    }
}
