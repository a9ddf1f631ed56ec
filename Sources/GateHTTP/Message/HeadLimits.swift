/// What a parser accepts of a head, so that no peer decides how much memory it takes.
public struct HeadLimits: Sendable, Equatable {
    /// Bytes of the request line or status line without its end. Default 8 KiB.
    public var startLineBytes: Int
    /// Bytes of the whole head, with the empty line. Default 32 KiB.
    public var headBytes: Int
    /// Field lines, cookie crumbs counted. Default 128.
    public var fields: Int

    public init(startLineBytes: Int = 8 << 10, headBytes: Int = 32 << 10, fields: Int = 128) {
        precondition(startLineBytes > 0)
        precondition(headBytes > 0)
        precondition(fields > 0)
        self.startLineBytes = startLineBytes
        self.headBytes = headBytes
        self.fields = fields
    }
}
