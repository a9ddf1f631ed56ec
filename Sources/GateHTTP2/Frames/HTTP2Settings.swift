/// What a peer asks of us with SETTINGS. RFC 9113 §6.5.2; the values here are those before any came.
package struct HTTP2Settings: Equatable, Sendable {
    /// Bytes of dynamic table that our encoder may use. 0...2^32-1.
    package var headerTableBytes = 4096
    /// Whether the peer takes pushes. We never send any.
    package var enablePush = true
    /// Streams that we may have open at once; 2^31-1 stands for any number.
    package var streams = Int(Int32.max)
    /// Bytes that each new stream may send at first. 0...2^31-1.
    package var initialWindowBytes = 65_535
    /// Bytes of payload in one frame. 16,384...2^24-1.
    package var frameBytesMax = 16_384
    /// Bytes of fields that the peer takes in one head, counted as §6.5.2 does; 2^32-1 stands for any number. It is advice:
    /// requests keep to it, answers do not.
    package var headerListBytes = Int(UInt32.max)
    /// Whether extended CONNECT is allowed. RFC 8441 §3.
    package var enableConnect = false
    /// Whether the peer does without the priorities of RFC 7540. RFC 9218 §2.1.
    package var noRFC7540Priorities = false

    package init() {}
}

extension HTTP2Settings {
    /// Takes one setting that the peer sent; unknown ones are ignored.
    ///
    /// - Parameter isFromServer: the peer is the server.
    /// - Returns: the rule that the value breaks, or nil.
    mutating func take(_ identifier: UInt16, _ value: UInt32, isFromServer: Bool) -> HTTP2Failure? {
        switch HTTP2Setting(rawValue: identifier) {
        case .headerTableSize: headerTableBytes = Int(value)
        case .enablePush:
            // RFC 9113 §6.5.2: a server that sets it to 1 breaks a rule, too.
            guard value == 0 || value == 1 && !isFromServer else { return .badSetting }
            enablePush = value == 1
        case .maxConcurrentStreams: streams = Int(min(value, HTTP2Bytes.streamIDMax))
        case .initialWindowSize:
            guard value <= HTTP2Bytes.streamIDMax else { return .badInitialWindow }
            initialWindowBytes = Int(value)
        case .maxFrameSize:
            guard value >= 16_384, value <= 0xFF_FFFF else { return .badSetting }
            frameBytesMax = Int(value)
        case .maxHeaderListSize: headerListBytes = Int(value)
        case .enableConnectProtocol:
            // RFC 8441 §3: what was allowed stays allowed.
            guard value == 1 || value == 0 && !enableConnect else { return .badSetting }
            enableConnect = value == 1
        case .noRFC7540Priorities:
            guard value <= 1 else { return .badSetting }
            noRFC7540Priorities = value == 1
        case nil: break
        }
        return nil
    }
}
