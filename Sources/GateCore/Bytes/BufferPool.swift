// Buffers that were given back wait here for the next use, the warmest first.

/// A worker's store of equal buffers. Not thread safe: one belongs to one event loop.
public final class BufferPool {
    /// Bytes of each buffer that the pool makes.
    public let bufferBytes: Int
    private let keptMax: Int
    /// The first `keptCount` places hold buffers. Arrays of noncopyable values are not to be had yet.
    private let kept: UnsafeMutablePointer<ByteBuffer>
    private var keptCount = 0
    /// Buffers that are out at the moment.
    public var outCount: Int { out }
    private var out = 0

    /// `keptMax` buffers at most wait for their next use; more are freed when they come back.
    public init(bufferBytes: Int, keptMax: Int) {
        precondition(bufferBytes > 0 && keptMax > 0)
        self.bufferBytes = bufferBytes
        self.keptMax = keptMax
        kept = .allocate(capacity: keptMax)
    }

    deinit {
        kept.deinitialize(count: keptCount)
        kept.deallocate()
    }

    /// A buffer with at least `bufferBytes` of room, empty.
    public func take() -> ByteBuffer {
        out += 1
        guard keptCount > 0 else { return ByteBuffer(capacity: bufferBytes) }
        keptCount -= 1
        // Safe: the first keptCount places are initialised.
        return unsafe (kept + keptCount).move()
    }

    /// Gives a buffer back. One that grew is kept only up to four times the pool's size.
    public func give(_ buffer: consuming ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        precondition(out > 0)
        out -= 1
        guard buffer.capacity <= bufferBytes * 4 else { return }
        guard keptCount < keptMax else { return }
        buffer.removeAll()
        unsafe (kept + keptCount).initialize(to: buffer)
        keptCount += 1
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
