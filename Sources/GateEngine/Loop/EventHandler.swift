// What owns a socket and hears of it.

/// The owner of one socket. All calls come from the loop's thread; none nests inside another.
open class EventHandler {
    public init() {}

    /// New readiness was noted in the socket's flags.
    open func ready() {}

    /// The socket's deadline passed; it is cleared before the call.
    open func deadlinePassed() {}

    /// `Socket.later()` was called during the last round.
    open func resumed() {}
}
