// Which rule a peer broke. One name for each, so that logs, counters and tests speak of the same thing.

/// Why we ended a stream or a connection. `code` is what the peer is told.
package enum HTTP2Failure: UInt8, Error, Sendable, CaseIterable {
    // Connection: frames (RFC 9113 §3.4, §4, §6)
    /// The connection does not begin with the client's preface or with SETTINGS. §3.4
    case badPreface
    /// A frame is longer than we announced. §4.2
    case frameTooLarge
    /// A frame's length is not what its type asks for. §6
    case badFrameLength
    /// A frame of a stream stands on stream 0, or one of the connection on a stream. §6
    case badStreamID
    /// Padding is longer than its frame. §6.1, §6.2
    case badPadding
    /// Another frame, or none, where CONTINUATION belongs. §6.2, §6.10
    case badContinuation
    /// A frame on a stream that nobody opened. §5.1
    case idleStream
    /// A stream's identifier is even, or not above the last one. §5.1.1
    case badNewStreamID
    /// PUSH_PROMISE where it is forbidden. §6.6, §8.4
    case pushPromise
    /// A setting's value is out of its range. §6.5.2, RFC 8441 §3, RFC 9218 §2.1
    case badSetting
    /// SETTINGS_INITIAL_WINDOW_SIZE beyond 2^31-1, or one that makes a stream's window so large. §6.5.2, §6.9.2
    case badInitialWindow
    /// PRIORITY_UPDATE by a server, or for a stream that cannot be. RFC 9218 §7.1
    case badPriorityUpdate
    /// A field block cannot be decoded. RFC 7541, §4.3
    case badCompression
    /// A frame after the frame that ended its stream. §5.1
    case closedStream
    /// The connection's window grew beyond 2^31-1. §6.9.1
    case connectionWindowOverflow
    /// WINDOW_UPDATE of nothing for the connection. §6.9
    case emptyConnectionWindowUpdate
    /// More data than the connection's window. §6.9.1
    case connectionWindowExceeded

    // Stream
    /// Data or a head after the peer's end of a stream. §5.1
    case halfClosedStream
    /// A frame after the peer's own RST_STREAM. §5.1
    case resetStream
    /// WINDOW_UPDATE of nothing. §6.9
    case emptyWindowUpdate
    /// A stream's window grew beyond 2^31-1. §6.9.1
    case windowOverflow
    /// More data than the stream's window. §6.9.1
    case windowExceeded
    /// PRIORITY of a length other than 5. §6.3
    case badPriorityLength
    /// A stream depends on itself. RFC 7540 §5.3.1
    case selfDependency
    /// A message is malformed: pseudo-fields, names, values, connection-specific fields. §8.1.1
    case malformedHead
    /// A trailer section without END_STREAM, or a malformed one. §8.1
    case malformedTrailers
    /// Trailers beyond the limits of heads.
    case trailersTooLarge
    /// A response head beyond the limits.
    case headTooLarge
    /// DATA before the final head. §8.1
    case dataBeforeHead
    /// Content-Length and the data disagree. §8.1.1
    case lengthMismatch
    /// An interim response that ends its stream. §8.1
    case badResponse
    /// More streams at once than we announced. §5.1.2
    case tooManyStreams

    // Defences, all of the connection
    /// The peer resets streams again and again (CVE-2023-44487).
    case rapidReset
    /// The peer makes us reset streams again and again (CVE-2025-8671).
    case madeUsReset
    /// A field block of too many frames or bytes (CVE-2024-27316).
    case continuationFlood
    case settingsFlood
    case pingFlood
    /// PRIORITY frames without a use.
    case priorityFlood
    case priorityUpdateFlood
    /// DATA or CONTINUATION frames without a byte in them (CVE-2019-9518).
    case emptyFrameFlood
    case windowUpdateFlood
    /// Windows opened by so little that each of our frames carries next to nothing (CVE-2019-9511).
    case tinyWindows
    /// Frames of types that nobody knows.
    case unknownFrameFlood
    /// Frames on streams that are over.
    case strayFrameFlood
    /// Answers that the peer provokes and does not read (CVE-2019-9512, CVE-2019-9515).
    case unreadAnswers
    /// Our SETTINGS were not acknowledged in time. §6.5.3
    case settingsTimeout
    /// `HTTP2Connection.probe` was not answered in time.
    case pingTimeout

    /// What the peer is told. RFC 9113 §7.
    package var code: HTTP2ErrorCode {
        switch self {
        case .badPreface, .badStreamID, .badPadding, .badContinuation, .idleStream, .badNewStreamID, .pushPromise,
            .badSetting, .badPriorityUpdate, .emptyConnectionWindowUpdate, .emptyWindowUpdate, .selfDependency,
            .malformedHead, .malformedTrailers, .dataBeforeHead, .lengthMismatch, .badResponse:
            .protocolError
        case .frameTooLarge, .badFrameLength, .badPriorityLength: .frameSizeError
        case .badInitialWindow, .connectionWindowOverflow, .connectionWindowExceeded, .windowOverflow, .windowExceeded:
            .flowControlError
        case .badCompression: .compressionError
        case .closedStream, .halfClosedStream, .resetStream: .streamClosed
        case .tooManyStreams: .refusedStream
        case .settingsTimeout: .settingsTimeout
        case .pingTimeout: .noError
        case .trailersTooLarge, .headTooLarge, .rapidReset, .madeUsReset, .continuationFlood, .settingsFlood,
            .pingFlood, .priorityFlood, .priorityUpdateFlood, .emptyFrameFlood, .windowUpdateFlood, .tinyWindows,
            .unknownFrameFlood, .strayFrameFlood, .unreadAnswers:
            .enhanceYourCalm
        }
    }
}
