// How calls end for gRPC's clients: a number and a message in fields of their own, beside an HTTP status that is always 200.

import GateHTTP

/// gRPC's status codes.
enum GRPCStatus: Int, Sendable {
    case ok = 0
    case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
    case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, internalError, unavailable
    case dataLoss, unauthenticated

    /// What an HTTP status means where no server said more: gRPC's own table for proxies (http-grpc-status-mapping).
    init(httpStatus: Int) {
        switch httpStatus {
        case 200...299: self = .ok
        case 400: self = .internalError
        case 401: self = .unauthenticated
        case 403: self = .permissionDenied
        case 404, 501: self = .unimplemented
        case 413, 414, 431: self = .resourceExhausted
        case 408: self = .deadlineExceeded
        case 429, 502, 503, 504: self = .unavailable
        case 499: self = .cancelled
        default: self = .unknown
        }
    }

    /// What the end of an exchange means. `status` is the HTTP status that others would be told.
    init(_ reason: EndReason, status: Int) {
        switch reason {
        // Time was up after a server had the call; it may have done its work.
        case .requestTimeout, .firstByteTimeout, .readTimeout: self = .deadlineExceeded
        case .patternLimit, .internalFailure, .badResponse: self = .internalError
        case .misdirected, .serverSilent: self = .unavailable
        case .upgradeRefused, .expectationFailed, .unsupportedVersion: self = .unimplemented
        default: self = GRPCStatus(httpStatus: status)
        }
    }
}
