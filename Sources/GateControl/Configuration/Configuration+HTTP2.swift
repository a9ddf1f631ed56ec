public import GateConfig

extension Configuration {
    /// How a listener speaks HTTP/2 (RFC 9113): the bounds of each client's connection.
    public struct ListenerHTTP2: Sendable, Equatable {
        /// Requests under way at once, 1...2000. Default 100.
        public var streamsMax: Int
        /// Bytes of a request's body that may wait for its server, 16 KiB...16 MiB. Default 64 KiB.
        public var streamWindowBytes: Int
        /// What a stream's window may grow to where bandwidth and delay ask for it. At least `streamWindowBytes`. Default
        /// 1 MiB.
        public var streamWindowBytesMax: Int
        /// Bytes of all request bodies together that may be on their way, 64 KiB...64 MiB. Default 1 MiB.
        public var connectionWindowBytes: Int
        /// Streams that a client resets, or makes us reset, within `resetsWithinMs`. Default 100.
        public var resetsMax: Int
        /// Milliseconds, 1,000...3,600,000. Default 30,000.
        public var resetsWithinMs: Int
        /// Bytes of the table with which clients shorten their fields, 4 KiB...32 KiB. Default 4 KiB.
        public var headerTableBytes: Int
        /// Whether WebSocket over HTTP/2 is offered (RFC 8441). Default true.
        public var offersWebSocket: Bool
        /// Where it was written.
        public var origin: Origin

        /// Makes settings; every argument left out has its default.
        public init(
            streamsMax: Int = 100, streamWindowBytes: Int = 65_536, streamWindowBytesMax: Int = 1_048_576,
            connectionWindowBytes: Int = 1_048_576, resetsMax: Int = 100, resetsWithinMs: Int = 30_000,
            headerTableBytes: Int = 4_096, offersWebSocket: Bool = true, origin: Origin = Origin()
        ) {
            self.streamsMax = streamsMax
            self.streamWindowBytes = streamWindowBytes
            self.streamWindowBytesMax = streamWindowBytesMax
            self.connectionWindowBytes = connectionWindowBytes
            self.resetsMax = resetsMax
            self.resetsWithinMs = resetsWithinMs
            self.headerTableBytes = headerTableBytes
            self.offersWebSocket = offersWebSocket
            self.origin = origin
        }
    }
}
