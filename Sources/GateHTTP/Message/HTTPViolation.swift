// What a peer did wrong, one name for each rule, so that logs, counters and tests speak of the same thing.

/// A breach of the message rules by a peer. What follows from it (a status, a close) is the proxy's to decide.
public enum HTTPViolation: UInt8, Error, Sendable, CaseIterable {
    // Lines (RFC 9112 §2.2, §3, §4, §5)
    case badRequestLine, badStatusLine, badMethod, badTarget, badVersion, badLineEnd
    case badFieldName, badFieldValue, foldedLine, spaceBeforeColon
    // Sizes
    case requestLineTooLong, headTooLarge, tooManyFields
    // Framing (RFC 9112 §6)
    case lengthWithTransferEncoding, badContentLength, repeatedContentLength, badTransferEncoding
    case transferEncodingInHTTP10, bodyForbidden
    // Chunks (RFC 9112 §7.1)
    case badChunkSize, badChunkExtension, badChunkEnd, badTrailer, trailersTooLarge
    // Host and target (RFC 9110 §7.2, RFC 9112 §3.2)
    case missingHost, repeatedHost, badHost, unsupportedTargetForm, badPath, forbiddenEncoding
    // Heads of HTTP/2 (RFC 9113 §8.2, §8.3)
    case badPseudoField, connectionField
    // The rest
    case unsupportedExpectation, upgradeRefused, badProxyHeader, unsupportedVersion, cut, extraData
}
