/// What a configuration text may cost before it is refused.
public struct SourceLimits: Sendable {
    /// Bytes of one file. Default 16 MiB.
    public var fileBytesMax = 16 << 20
    /// Values in all files, each alias counted with all that it repeats. Default 1,000,000.
    public var nodesMax = 1_000_000
    /// Levels of lists and maps in each other. Default 64.
    public var depthMax = 64
    /// Files, the first one counted. Default 4096.
    public var filesMax = 4096
    /// Files that include each other in a chain. Default 16.
    public var includeDepthMax = 16

    /// Makes the default limits.
    public init() {}
}
