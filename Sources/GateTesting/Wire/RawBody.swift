// Bodies as tests see them: which framing came, what was in it, what stood behind it.

/// A body with the way in which its end was told.
public struct RawBody: Sendable {
    public enum Framing: Sendable, Equatable {
        case none
        case length(Int)
        case chunked, untilEnd
    }

    public let framing: Framing
    public let bytes: [UInt8]
    /// The sizes of the chunks in order, without the last one of no bytes.
    public var chunkSizes: [Int] = []
    /// The fields behind the last chunk.
    public var trailers: [RawField] = []

    /// The bytes as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteStream {
    /// Reads a body that ends as `framing` says.
    public func readBody(_ framing: RawBody.Framing, within bound: Duration = Deadline.usual) throws -> RawBody {
        switch framing {
        case .none: RawBody(framing: framing, bytes: [])
        case .length(let count): RawBody(framing: framing, bytes: try read(exactly: count, within: bound))
        case .untilEnd: RawBody(framing: framing, bytes: try readToEnd(within: bound))
        case .chunked: try readChunks(within: bound)
        }
    }

    private func readChunks(within bound: Duration) throws -> RawBody {
        var bytes: [UInt8] = []
        var sizes: [Int] = []
        while true {
            let line = try read(until: "\r\n", within: bound)
            guard let size = Int(line.dropLast(), radix: 16), size >= 0 else {
                throw WireFailure(.malformed("chunk size"), had: Array(line.utf8))
            }
            if size == 0 { break }
            bytes += try read(exactly: size, within: bound)
            sizes.append(size)
            let end = try read(exactly: 2, within: bound)
            guard end == [13, 10] else { throw WireFailure(.malformed("chunk end"), had: end) }
        }
        return RawBody(framing: .chunked, bytes: bytes, chunkSizes: sizes, trailers: try readTrailers(within: bound))
    }

    private func readTrailers(within bound: Duration) throws -> [RawField] {
        var trailers: [RawField] = []
        while true {
            let line = try read(until: "\r\n", within: bound)
            if line == "\r\n" { return trailers }
            trailers.append(try RawHead.field(String(line.dropLast())))
        }
    }
}
