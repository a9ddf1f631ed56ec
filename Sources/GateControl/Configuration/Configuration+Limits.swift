extension Configuration {
    /// How much of what is accepted. Counts of `Configuration.unlimited` (`Int.max`) have no limit, rates of `0` are off.
    public struct Limits: Sendable, Equatable {
        /// Bytes of a request line. Default 8 KiB.
        public var requestLineBytesMax: Int
        /// Bytes of a request head, and again of its trailers. Default 32 KiB.
        public var headBytesMax: Int
        /// Fields of a request head, and again of its trailers. Default 128.
        public var fieldsMax: Int
        /// Bytes of a response head from a server, and again of its trailers. Default 64 KiB.
        public var responseHeadBytesMax: Int
        /// Bytes of a request body. Default unlimited.
        public var bodyBytesMax: Int
        /// Client connections: over all listeners, or on the one listener that sets it. Default unlimited.
        public var connectionsMax: Int
        /// Client connections from one address, counted like `connectionsMax`. Default unlimited.
        public var connectionsPerClientMax: Int
        /// Requests on one client connection before it is closed. Default unlimited.
        public var requestsPerConnectionMax: Int
        /// TLS handshakes under way at once on each worker. Default 1024.
        public var handshakesMax: Int
        /// Bytes per second that a client must send while its body is awaited. Default 240.
        public var requestRateMin: Int
        /// Bytes per second that a client must take while data waits for it. Default 240.
        public var responseRateMin: Int
        /// Milliseconds over which a rate may be too low before the connection ends. Default 10,000.
        public var rateGraceMs: Int

        /// Makes limits; every argument left out has its default.
        public init(
            requestLineBytesMax: Int = 8_192, headBytesMax: Int = 32_768, fieldsMax: Int = 128,
            responseHeadBytesMax: Int = 65_536, bodyBytesMax: Int = Configuration.unlimited,
            connectionsMax: Int = Configuration.unlimited, connectionsPerClientMax: Int = Configuration.unlimited,
            requestsPerConnectionMax: Int = Configuration.unlimited, handshakesMax: Int = 1024,
            requestRateMin: Int = 240,
            responseRateMin: Int = 240,
            rateGraceMs: Int = 10_000
        ) {
            self.requestLineBytesMax = requestLineBytesMax
            self.headBytesMax = headBytesMax
            self.fieldsMax = fieldsMax
            self.responseHeadBytesMax = responseHeadBytesMax
            self.bodyBytesMax = bodyBytesMax
            self.connectionsMax = connectionsMax
            self.connectionsPerClientMax = connectionsPerClientMax
            self.requestsPerConnectionMax = requestsPerConnectionMax
            self.handshakesMax = handshakesMax
            self.requestRateMin = requestRateMin
            self.responseRateMin = responseRateMin
            self.rateGraceMs = rateGraceMs
        }

        /// These limits with those of `overrides` that are set in their place.
        public func applying(_ overrides: LimitOverrides) -> Limits {
            Limits(
                requestLineBytesMax: overrides.requestLineBytesMax ?? requestLineBytesMax,
                headBytesMax: overrides.headBytesMax ?? headBytesMax, fieldsMax: overrides.fieldsMax ?? fieldsMax,
                responseHeadBytesMax: overrides.responseHeadBytesMax ?? responseHeadBytesMax,
                bodyBytesMax: overrides.bodyBytesMax ?? bodyBytesMax,
                connectionsMax: overrides.connectionsMax ?? connectionsMax,
                connectionsPerClientMax: overrides.connectionsPerClientMax ?? connectionsPerClientMax,
                requestsPerConnectionMax: overrides.requestsPerConnectionMax ?? requestsPerConnectionMax,
                handshakesMax: overrides.handshakesMax ?? handshakesMax,
                requestRateMin: overrides.requestRateMin ?? requestRateMin,
                responseRateMin: overrides.responseRateMin ?? responseRateMin,
                rateGraceMs: overrides.rateGraceMs ?? rateGraceMs)
        }
    }

    /// Limits that one listener, upstream, site or route changes; nil is inherited.
    ///
    /// A listener may set what concerns heads, connections and rates; an upstream the response head; a site or route the
    /// body and the rates.
    public struct LimitOverrides: Sendable, Equatable {
        /// See `Limits.requestLineBytesMax`.
        public var requestLineBytesMax: Int?
        /// See `Limits.headBytesMax`.
        public var headBytesMax: Int?
        /// See `Limits.fieldsMax`.
        public var fieldsMax: Int?
        /// See `Limits.responseHeadBytesMax`.
        public var responseHeadBytesMax: Int?
        /// See `Limits.bodyBytesMax`.
        public var bodyBytesMax: Int?
        /// See `Limits.connectionsMax`.
        public var connectionsMax: Int?
        /// See `Limits.connectionsPerClientMax`.
        public var connectionsPerClientMax: Int?
        /// See `Limits.requestsPerConnectionMax`.
        public var requestsPerConnectionMax: Int?
        /// See `Limits.handshakesMax`.
        public var handshakesMax: Int?
        /// See `Limits.requestRateMin`.
        public var requestRateMin: Int?
        /// See `Limits.responseRateMin`.
        public var responseRateMin: Int?
        /// See `Limits.rateGraceMs`.
        public var rateGraceMs: Int?

        /// Makes overrides; every argument left out is inherited.
        public init(
            requestLineBytesMax: Int? = nil, headBytesMax: Int? = nil, fieldsMax: Int? = nil,
            responseHeadBytesMax: Int? = nil, bodyBytesMax: Int? = nil, connectionsMax: Int? = nil,
            connectionsPerClientMax: Int? = nil, requestsPerConnectionMax: Int? = nil, handshakesMax: Int? = nil,
            requestRateMin: Int? = nil,
            responseRateMin: Int? = nil, rateGraceMs: Int? = nil
        ) {
            self.requestLineBytesMax = requestLineBytesMax
            self.headBytesMax = headBytesMax
            self.fieldsMax = fieldsMax
            self.responseHeadBytesMax = responseHeadBytesMax
            self.bodyBytesMax = bodyBytesMax
            self.connectionsMax = connectionsMax
            self.connectionsPerClientMax = connectionsPerClientMax
            self.requestsPerConnectionMax = requestsPerConnectionMax
            self.handshakesMax = handshakesMax
            self.requestRateMin = requestRateMin
            self.responseRateMin = responseRateMin
            self.rateGraceMs = rateGraceMs
        }
    }
}
