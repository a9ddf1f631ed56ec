/// How urgent a response is, and whether it is of use in parts. RFC 9218 §4.
package struct HTTP2Priority: Equatable, BitwiseCopyable, Sendable {
    /// 0 (first) to 7 (last). Default 3.
    package var urgency: UInt8
    /// Whether streams of this urgency share, frame by frame. Default false: one after the other, in order of identifier.
    package var isIncremental: Bool

    package init(urgency: UInt8 = 3, isIncremental: Bool = false) {
        precondition(urgency < 8)
        self.urgency = urgency
        self.isIncremental = isIncremental
    }
}
