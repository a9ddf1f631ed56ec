package import GateHTTP

/// What `HTTP2Connection.next` found. What is to be written because of it stands in `out` already.
package enum HTTP2Event: Equatable {
    /// Nothing more can be told of these bytes. Keep those from `at` on and show them again with what follows them.
    case needMore
    /// A head came: a new request (server), or a response, interim ones (1xx) among them (client). It is in
    /// `workspace.head`, what it says besides fields in `workspace.facts`; both are the owner's to take until the next
    /// call. `isEnd`: no body and no `end` will come.
    case head(HTTP2StreamIndex, isEnd: Bool)
    /// The trailers are in `workspace.head`; they end the peer's side.
    case trailers(HTTP2StreamIndex)
    /// A piece of a body, a range of `input`, never empty. Give its bytes back with `consumed` when they are passed on.
    case data(HTTP2StreamIndex, Range<Int>)
    /// The peer's side ended behind the data that came.
    case end(HTTP2StreamIndex)
    /// The peer reset the stream, or will never process it (GOAWAY: `refusedStream`). It is gone; release it.
    case reset(HTTP2StreamIndex, HTTP2ErrorCode)
    /// The peer broke a rule of a stream that the owner knows; RST_STREAM is in `out`. It is gone; release it.
    case streamFailed(HTTP2StreamIndex, HTTP2Failure)
    /// The peer broke a rule of a stream that the owner never saw: a malformed request, one too many. To be counted.
    case streamRefused(HTTP2Failure)
    /// Server: a request whose head is too large for us. The stream waits for an answer (414, 431); what else comes of
    /// the request is thrown away here, with neither `data` nor `end`. `workspace.head` is empty.
    case refusedHead(HTTP2StreamIndex, HTTPViolation)
    /// A window opened that was shut: run the writer.
    case sendable
    /// The peer's settings came or changed.
    case settings
    /// The peer goes away: streams above `lastStreamID` that we opened get a `reset` each with the next calls.
    case goAway(lastStreamID: UInt32, HTTP2ErrorCode)
    /// A PING of `HTTP2Connection.probe` was answered: the peer lives.
    case alive
    /// The connection is broken; GOAWAY is in `out`. Write it, read no more and close.
    case failed(HTTP2Failure)
}
