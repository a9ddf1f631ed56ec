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
    /// Bytes of fields that the peer takes in one head, counted as §6.5.2 does; 2^32-1 stands for any number.
    package var headerListBytes = Int(UInt32.max)
    /// Whether extended CONNECT is allowed. RFC 8441 §3.
    package var enableConnect = false
    /// Whether the peer does without the priorities of RFC 7540. RFC 9218 §2.1.
    package var noRFC7540Priorities = false

    package init() {}
}
