/// What SETTINGS may hold. RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1.
enum HTTP2Setting: UInt16 {
    case headerTableSize = 0x1
    case enablePush = 0x2
    case maxConcurrentStreams = 0x3
    case initialWindowSize = 0x4
    case maxFrameSize = 0x5
    case maxHeaderListSize = 0x6
    case enableConnectProtocol = 0x8
    case noRFC7540Priorities = 0x9

    /// Bytes of one setting on the wire.
    static let bytes = 6
}
