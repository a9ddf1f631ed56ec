/// Whose loop it is.
open class LoopOwner {
    public init() {}

    /// The wake-up descriptor was signalled: the mailbox is emptied here.
    open func woke() {}

    /// The end of each round, before the loop waits again. Answers the longest that it may wait, in milliseconds; -1
    /// when the owner does not mind.
    open func roundEnded() -> Int32 { -1 }
}
