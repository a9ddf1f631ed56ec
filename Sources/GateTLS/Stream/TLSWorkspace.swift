public import GateCore

/// Memory that all layers of one event loop share, since only one of them works at a time. Not thread safe.
public final class TLSWorkspace {
    /// What is read goes here first, so that a record costs one system call instead of two.
    let ahead: UnsafeMutableRawBufferPointer
    /// Pieces of a write are put together here, to leave in one record.
    let gathered: UnsafeMutableRawBufferPointer
    /// Buffers for bytes that wait for their reader.
    let pool: BufferPool

    /// The largest plaintext of a record (RFC 8446 §5.1).
    static let recordBytesMax = 16 << 10
    private static let aheadBytes = 16 << 10

    /// - Parameter pool: the loop's own.
    public init(pool: BufferPool) {
        self.pool = pool
        ahead = .allocate(byteCount: Self.aheadBytes, alignment: 64)
        gathered = .allocate(byteCount: Self.recordBytesMax, alignment: 64)
    }

    deinit {
        ahead.deallocate()
        gathered.deallocate()
    }
}
