import GateCore
package import GateHTTP

/// What decoding needs for the time of a call and no longer. One serves all connections of a worker.
package final class HTTP2Workspace {
    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let headPin = Pinned<MessageHead>(MessageHead())
    private let factsPin = Pinned<HTTP2HeadFacts>(HTTP2HeadFacts())

    package init() {}

    deinit {
        headPin.free()
        factsPin.free()
    }

    /// The head of the last `head` or `trailers` event. The owner may take it in exchange for an empty one (`swap`).
    package var head: MessageHead {
        // Safe: the pins live as long as the workspace, which one thread uses.
        unsafeAddress { unsafe headPin.reading }
        unsafeMutableAddress { headPin.address }
    }

    /// What the last `head` event says besides fields.
    package var facts: HTTP2HeadFacts {
        unsafeAddress { unsafe factsPin.reading }
        unsafeMutableAddress { factsPin.address }
    }

    /// The rule of messages that the last `malformedHead`, `malformedTrailers` or `headTooLarge` broke, for logs.
    package internal(set) var violation: HTTPViolation?
}
