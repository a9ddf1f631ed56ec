extension Configuration {
    /// Upstreams that share a route's requests, each client always with the same one.
    public struct Split: Sendable, Equatable {
        /// The upstreams, never empty.
        public var choices: [SplitChoice]
        /// What decides. Nil: the client's address.
        public var key: BalanceKey?
        /// A cookie that keeps a client where it was when weights change. Nil: none.
        public var cookie: String?

        /// Makes a split.
        public init(choices: [SplitChoice], key: BalanceKey? = nil, cookie: String? = nil) {
            self.choices = choices
            self.key = key
            self.cookie = cookie
        }
    }

    /// One of a split's upstreams.
    public struct SplitChoice: Sendable, Equatable {
        /// Its name.
        public var upstream: String
        /// Its share against the other weights, 0...10,000.
        public var weight: Int

        /// Makes a choice.
        public init(upstream: String, weight: Int) {
            self.upstream = upstream
            self.weight = weight
        }
    }

    /// A second upstream that gets copies of a route's requests. Its answers are thrown away.
    public struct Mirror: Sendable, Equatable {
        /// Its name.
        public var upstream: String
        /// Of the requests, in percent. Default 100.
        public var sharePercent: Int
        /// A request with a larger body is not copied. Default 64 KiB.
        public var bodyBytesMax: Int
        /// Copies under way on one worker, 1...10,000; further ones are left out. Default 100.
        public var inFlightMax: Int

        /// Makes a mirror; every argument left out has its default.
        public init(upstream: String, sharePercent: Int = 100, bodyBytesMax: Int = 64 << 10, inFlightMax: Int = 100) {
            self.upstream = upstream
            self.sharePercent = sharePercent
            self.bodyBytesMax = bodyBytesMax
            self.inFlightMax = inFlightMax
        }
    }
}

extension Configuration.Route {
    /// The upstreams that it names, those of its nested routes left aside.
    var upstreamNames: [String] {
        var names = mirror.map { [$0.upstream] } ?? []
        switch action {
        case .proxy(let name): names.append(name)
        case .split(let split): names += split.choices.map(\.upstream)
        case .respond, .redirect, .pass: break
        }
        return names
    }
}
