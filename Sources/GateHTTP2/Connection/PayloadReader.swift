/// A payload that is told or passed over in pieces: of DATA, and of frames that mean nothing to us.
struct PayloadReader: BitwiseCopyable {
    /// Bytes of content still to come.
    var dataLeft = 0
    /// Bytes to pass over behind them: padding, or a payload that nobody wants.
    var skipLeft = 0
    /// The stream, or -1 when nobody is told.
    var slot = -1
    /// The frame ends the peer's side of the stream.
    var isEnd = false

    @inline(__always)
    var isDone: Bool { dataLeft == 0 && skipLeft == 0 && !isEnd }
}

/// What HEADERS said in front of a field block that goes on in CONTINUATION.
struct BlockFlags: BitwiseCopyable {
    var isEnd = false
    /// The stream was said to depend on itself.
    var isSelfDependent = false
}
