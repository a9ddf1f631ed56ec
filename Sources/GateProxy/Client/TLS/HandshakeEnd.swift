// Why handshakes did not come to their end: for counters and logs.

import GateTLS

/// What a handshake with a client ended with, when it was no connection.
public enum HandshakeEnd: UInt8, Sendable, CaseIterable {
    // The client.
    /// It closed without a word.
    case closed
    case connectionBroken
    /// It refused with an alert; that it does not know our certificate's issuer, most often.
    case alert
    /// HTTP came in clear text.
    case clearText
    case nothingInCommon
    case noCommonProtocol
    case certificateMissing
    case certificateRefused
    case protocolViolation
    // The rules.
    case timeout
    /// It waited longest when there were too many.
    case crowdedOut
    /// There were too many, and none waited for its client.
    case refused
    case unknownName
    // Us.
    case stopping
    case internalFailure

    /// As logs and counters name it.
    public var name: StaticString {
        switch self {
        case .closed: "closed"
        case .connectionBroken: "connection_broken"
        case .alert: "alert"
        case .clearText: "clear_text"
        case .nothingInCommon: "nothing_in_common"
        case .noCommonProtocol: "no_common_protocol"
        case .certificateMissing: "certificate_missing"
        case .certificateRefused: "certificate_refused"
        case .protocolViolation: "protocol_violation"
        case .timeout: "timeout"
        case .crowdedOut: "crowded_out"
        case .refused: "refused"
        case .unknownName: "unknown_name"
        case .stopping: "stopping"
        case .internalFailure: "internal_failure"
        }
    }

    /// What the layer's word comes to.
    init(_ failure: TLSFailure) {
        switch failure.kind {
        case .closed: self = .closed
        case .broken: self = .connectionBroken
        case .alertReceived: self = .alert
        case .clearTextHTTP: self = .clearText
        case .nothingInCommon: self = .nothingInCommon
        case .noCommonProtocol: self = .noCommonProtocol
        case .unknownName: self = .unknownName
        case .certificateMissing: self = .certificateMissing
        case .certificate: self = .certificateRefused
        case .protocolViolation: self = .protocolViolation
        case .ours: self = .internalFailure
        }
    }

    /// Whether the client is still there and may read an alert.
    var leavesClient: Bool {
        switch self {
        case .nothingInCommon, .noCommonProtocol, .certificateMissing, .certificateRefused, .protocolViolation,
            .unknownName, .internalFailure, .clearText:
            true
        case .closed, .connectionBroken, .alert, .timeout, .crowdedOut, .refused, .stopping: false
        }
    }
}
