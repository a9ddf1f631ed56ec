/// What a head says besides fields. Ranges are of the head's `received`.
package struct HTTP2HeadFacts: Sendable {
    /// `:scheme`, of requests. RFC 9113 §8.3.1.
    package enum Scheme: UInt8, BitwiseCopyable, Sendable {
        case none, http, https, other
    }

    package var scheme = Scheme.none
    /// `:protocol` of an extended CONNECT (RFC 8441 §4), or empty.
    package var protocolRange = 0..<0
    /// The value of the last Priority field (RFC 9218 §4), or empty.
    package var priorityRange = 0..<0
    /// What Content-Length says, which the data must come to (RFC 9113 §8.1.1); nil without that field.
    package var contentLength: Int?
    /// The request's priority (RFC 9218), or its default.
    package var priority = HTTP2Priority()

    package init() {}
}
