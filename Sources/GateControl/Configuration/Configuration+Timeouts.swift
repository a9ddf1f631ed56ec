extension Configuration {
    /// How long to wait for what, in milliseconds; `0` is off.
    public struct Timeouts: Sendable, Equatable {
        /// A TLS handshake with a client. Default 10,000.
        public var handshakeMs: Int
        /// A client's whole request head, from its first byte (on a new connection, from the accept). Default 10,000.
        public var headMs: Int
        /// The next bytes of a request body. Default 30,000.
        public var bodyMs: Int
        /// The next request on a connection that is kept open. Default 75,000.
        public var idleMs: Int
        /// A stalled write: to the client, or to the server where an upstream sets it. Default 60,000.
        public var writeMs: Int
        /// Reading on after an early answer, so that the client gets to see it. Default 5,000.
        public var lingerMs: Int
        /// A connection to a server. Default 3,000.
        public var connectMs: Int
        /// The first byte of a server's answer. Default 60,000.
        public var firstByteMs: Int
        /// The next bytes of a server's answer. Default 60,000.
        public var readMs: Int
        /// A tunnel (WebSocket) on which nothing moves. Default 3,600,000.
        public var tunnelMs: Int
        /// A whole exchange, from request head to the last byte of the answer. Default off.
        public var requestMs: Int

        /// Makes timeouts; every argument left out has its default.
        public init(
            handshakeMs: Int = 10_000, headMs: Int = 10_000, bodyMs: Int = 30_000, idleMs: Int = 75_000,
            writeMs: Int = 60_000,
            lingerMs: Int = 5_000,
            connectMs: Int = 3_000, firstByteMs: Int = 60_000, readMs: Int = 60_000, tunnelMs: Int = 3_600_000,
            requestMs: Int = Configuration.off
        ) {
            self.handshakeMs = handshakeMs
            self.headMs = headMs
            self.bodyMs = bodyMs
            self.idleMs = idleMs
            self.writeMs = writeMs
            self.lingerMs = lingerMs
            self.connectMs = connectMs
            self.firstByteMs = firstByteMs
            self.readMs = readMs
            self.tunnelMs = tunnelMs
            self.requestMs = requestMs
        }

        /// These timeouts with those of `overrides` that are set in their place.
        public func applying(_ overrides: TimeoutOverrides) -> Timeouts {
            Timeouts(
                handshakeMs: overrides.handshakeMs ?? handshakeMs,
                headMs: overrides.headMs ?? headMs, bodyMs: overrides.bodyMs ?? bodyMs,
                idleMs: overrides.idleMs ?? idleMs,
                writeMs: overrides.writeMs ?? writeMs, lingerMs: overrides.lingerMs ?? lingerMs,
                connectMs: overrides.connectMs ?? connectMs, firstByteMs: overrides.firstByteMs ?? firstByteMs,
                readMs: overrides.readMs ?? readMs, tunnelMs: overrides.tunnelMs ?? tunnelMs,
                requestMs: overrides.requestMs ?? requestMs)
        }
    }

    /// Timeouts that one listener, upstream, site or route changes, in milliseconds; nil is inherited, `0` is off.
    ///
    /// A listener may set handshake, head, body, idle, write and linger; an upstream connect, first byte, read and write; a site or
    /// route all but handshake, head, idle and linger, which run before a route is known.
    public struct TimeoutOverrides: Sendable, Equatable {
        /// See `Timeouts.handshakeMs`.
        public var handshakeMs: Int?
        /// See `Timeouts.headMs`.
        public var headMs: Int?
        /// See `Timeouts.bodyMs`.
        public var bodyMs: Int?
        /// See `Timeouts.idleMs`.
        public var idleMs: Int?
        /// See `Timeouts.writeMs`.
        public var writeMs: Int?
        /// See `Timeouts.lingerMs`.
        public var lingerMs: Int?
        /// See `Timeouts.connectMs`.
        public var connectMs: Int?
        /// See `Timeouts.firstByteMs`.
        public var firstByteMs: Int?
        /// See `Timeouts.readMs`.
        public var readMs: Int?
        /// See `Timeouts.tunnelMs`.
        public var tunnelMs: Int?
        /// See `Timeouts.requestMs`.
        public var requestMs: Int?

        /// Makes overrides; every argument left out is inherited.
        public init(
            handshakeMs: Int? = nil, headMs: Int? = nil, bodyMs: Int? = nil, idleMs: Int? = nil, writeMs: Int? = nil,
            lingerMs: Int? = nil,
            connectMs: Int? = nil, firstByteMs: Int? = nil, readMs: Int? = nil, tunnelMs: Int? = nil,
            requestMs: Int? = nil
        ) {
            self.handshakeMs = handshakeMs
            self.headMs = headMs
            self.bodyMs = bodyMs
            self.idleMs = idleMs
            self.writeMs = writeMs
            self.lingerMs = lingerMs
            self.connectMs = connectMs
            self.firstByteMs = firstByteMs
            self.readMs = readMs
            self.tunnelMs = tunnelMs
            self.requestMs = requestMs
        }
    }
}
