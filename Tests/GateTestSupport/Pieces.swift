public import GateCore

/// The ways in which every parser is fed.
public enum Pieces {
    /// Whole, a byte at a time, and cut in two at every index.
    public static func ways(of bytes: [UInt8]) -> [[[UInt8]]] {
        [[bytes], bytes.map { [$0] }] + (1..<max(1, bytes.count)).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    }
}

extension String {
    public var bytes: [UInt8] { Array(utf8) }

    /// The bytes as text, one character for each byte, so that any bytes can be compared and printed.
    public init(latin1 bytes: some Sequence<UInt8>) {
        self.init(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}

extension Span where Element == UInt8 {
    public var array: [UInt8] { (0..<count).map { self[$0] } }
}

extension ByteBuffer {
    /// What `write` appends, as text.
    public static func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return String(latin1: buffer.span.array)
    }
}
