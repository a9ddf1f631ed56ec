// The chunked transfer coding, written.

public import GateCore
public import GateHTTP

/// Writes the lines of a chunked body (RFC 9112 §7.1) around data that the caller writes itself.
public enum ChunkEncoder {
    /// The most bytes that a chunk adds to its data: 16 digits and two line ends.
    public static let overheadBytesMax = 20

    /// Appends the header of a chunk of `count` bytes. 0 would end the body and is not taken.
    @inlinable
    public static func appendHeader(_ count: Int, to buffer: inout ByteBuffer) {
        precondition(count > 0)
        buffer.append(hex: count)
        buffer.append("\r\n")
    }

    /// Appends what follows a chunk's data.
    @inlinable
    public static func appendEnd(to buffer: inout ByteBuffer) {
        buffer.append("\r\n")
    }

    /// Appends a whole chunk; nothing for no data.
    @inlinable
    public static func append(_ data: Span<UInt8>, to buffer: inout ByteBuffer) {
        guard data.count > 0 else { return }
        appendHeader(data.count, to: &buffer)
        buffer.append(data)
        appendEnd(to: &buffer)
    }

    /// Appends the last chunk of a body without trailers.
    @inlinable
    public static func appendLast(to buffer: inout ByteBuffer) {
        buffer.append("0\r\n\r\n")
    }

    /// Appends the last chunk and the fields of `trailers` but those that may not stand there (RFC 9110 §6.5.1).
    public static func appendLast(trailers: borrowing MessageHead, to buffer: inout ByteBuffer) {
        buffer.append("0\r\n")
        for i in 0..<trailers.fieldCount where TrailerRules.isPermitted(trailers.field(i)) {
            buffer.append(trailers.name(i))
            buffer.append(": ")
            buffer.append(trailers.value(i))
            buffer.append("\r\n")
        }
        buffer.append("\r\n")
    }
}
