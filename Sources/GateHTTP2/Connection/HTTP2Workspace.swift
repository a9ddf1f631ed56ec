import GateCore
package import GateHTTP

/// What decoding needs for the time of a call and no longer. One serves all connections of a worker.
package final class HTTP2Workspace {
    private let headPin = Pinned<MessageHead>(MessageHead())

    package init() {}

    deinit { headPin.free() }

    /// The head of the last `head` or `trailers` event. The owner may take it in exchange for an empty one (`swap`).
    package var head: MessageHead {
        // Safe: the pin lives as long as the workspace, which one thread uses.
        unsafeAddress { unsafe headPin.reading }
        unsafeMutableAddress { headPin.address }
    }

    /// What the last `head` event says besides fields.
    package var facts = HTTP2HeadFacts()
}
