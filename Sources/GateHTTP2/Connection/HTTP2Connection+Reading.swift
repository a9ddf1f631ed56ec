// From bytes to frames. RFC 9113 §3.4, §4.

package import GateCore
import GateHTTP

extension HTTP2Connection {
    /// What a client sends before everything else. RFC 9113 §3.4.
    static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    package static let prefaceBytes = 24

    /// Bytes that the owner must be able to keep for `next`: a frame that is told whole.
    package static var wholeFrameBytesMax: Int { HTTP2FrameHeader.bytes + HTTP2FrameHeader.payloadBytesMax }

    /// Reads `input` from `at` on, up to the next thing to tell, and moves `at`.
    ///
    /// Frames may be cut anywhere; DATA is told in pieces as it comes, everything else needs its whole frame, so the
    /// owner's buffer must be able to hold `wholeFrameBytesMax` bytes. Answers (SETTINGS and PING acknowledgements,
    /// RST_STREAM, WINDOW_UPDATE, GOAWAY) are appended to `out`.
    ///
    /// After `needMore` the bytes from `at` on must be shown again; after every other event call again at once, also
    /// when `at` is the end. `nowMs` never goes back.
    package mutating func next(
        _ input: Span<UInt8>, at: inout Int, nowMs: UInt64, workspace: HTTP2Workspace, into out: inout ByteBuffer
    ) -> HTTP2Event {
        self.nowMs = nowMs
        flood.roll(nowMs, limits)
        if failure != nil { return failNow(into: &out) }
        if refusalScan >= 0, let event = nextRefusal() { return event }
        while true {
            if !payload.isDone {
                if let event = takePayload(input, &at) { return event }
            } else if let event = takeFrame(input, &at, workspace, &out) {
                return event
            }
        }
    }

    /// One frame, or the beginning of one whose payload comes in pieces. nil: go on.
    private mutating func takeFrame(
        _ input: Span<UInt8>, _ at: inout Int, _ workspace: HTTP2Workspace, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        if phase == .preface { return takePreface(input, &at, &out) }
        guard input.count &- at >= HTTP2FrameHeader.bytes else { return .needMore }
        let header = HTTP2FrameHeader(input, at: at)
        if let failure = misplaced(header) { return fail(failure, &out) }
        if header.type == HTTP2FrameType.data.rawValue { return beginData(header, input, &at, &out) }
        if let failure = malformed(header) { return fail(failure, &out) }
        guard let type = HTTP2FrameType(rawValue: header.type) else { return passOver(header, &at, &out) }
        let start = at &+ HTTP2FrameHeader.bytes
        guard input.count &- start >= header.length else { return .needMore }
        at = start &+ header.length
        return take(type, header, input.extracting(start..<at), workspace, &out)
    }

    private mutating func take(
        _ type: HTTP2FrameType, _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ workspace: HTTP2Workspace,
        _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        switch type {
        case .data: nil
        case .headers: takeHeaders(header, payload, workspace, &out)
        case .continuation: takeContinuation(header, payload, workspace, &out)
        case .windowUpdate: takeWindowUpdate(header, payload, &out)
        case .resetStream: takeReset(header, payload, &out)
        case .settings: takeSettings(header, payload, &out)
        case .ping: takePing(header, payload, &out)
        case .goAway: takeGoAway(payload, &out)
        case .priority: takePriority(header, payload, &out)
        case .priorityUpdate: takePriorityUpdate(payload, &out)
        case .pushPromise: fail(.pushPromise, &out)
        }
    }

    private mutating func takePreface(
        _ input: Span<UInt8>, _ at: inout Int, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let there = min(input.count - at, Self.prefaceBytes)
        for i in 0..<there {
            // Safe: `there` is at most the text's length.
            guard input[at + i] == (unsafe Self.preface.utf8Start[i]) else { return fail(.badPreface, &out) }
        }
        guard there == Self.prefaceBytes else { return .needMore }
        at += there
        phase = .firstFrame
        return nil
    }

    /// The rule that the frame breaks by where it stands.
    @inline(__always)
    private func misplaced(_ header: HTTP2FrameHeader) -> HTTP2Failure? {
        if header.length > HTTP2FrameHeader.payloadBytesMax { return .frameTooLarge }
        let isContinuation = header.type == HTTP2FrameType.continuation.rawValue
        if isContinuation != (blockStream != 0) || isContinuation && header.streamID != blockStream {
            return .badContinuation
        }
        if phase == .firstFrame {
            // RFC 9113 §3.4: the first frame is SETTINGS, and no acknowledgement.
            let isSettings = header.type == HTTP2FrameType.settings.rawValue
            if !isSettings || header.flags.contains(.acknowledged) { return .badPreface }
        }
        return nil
    }

    /// The rule that the frame breaks by its stream or its length. RFC 9113 §6.
    private func malformed(_ header: HTTP2FrameHeader) -> HTTP2Failure? {
        let isOfConnection = header.streamID == 0
        switch HTTP2FrameType(rawValue: header.type) {
        case .headers, .continuation, .priority, .pushPromise: return isOfConnection ? .badStreamID : nil
        case .resetStream:
            if isOfConnection { return .badStreamID }
            return header.length == 4 ? nil : .badFrameLength
        case .windowUpdate: return header.length == 4 ? nil : .badFrameLength
        case .ping:
            if !isOfConnection { return .badStreamID }
            return header.length == 8 ? nil : .badFrameLength
        case .settings:
            if !isOfConnection { return .badStreamID }
            let isGood = header.length % HTTP2Setting.bytes == 0
            return isGood && (header.length == 0 || !header.flags.contains(.acknowledged)) ? nil : .badFrameLength
        case .goAway:
            if !isOfConnection { return .badStreamID }
            return header.length >= 8 ? nil : .badFrameLength
        case .priorityUpdate:
            if role == .client { return .badPriorityUpdate }
            if !isOfConnection { return .badStreamID }
            return header.length >= 4 ? nil : .badFrameLength
        case .data, nil: return nil
        }
    }

    /// A frame of a type that we do not know. RFC 9113 §5.5.
    private mutating func passOver(
        _ header: HTTP2FrameHeader, _ at: inout Int, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        at &+= HTTP2FrameHeader.bytes
        payload.skipLeft = header.length
        return count(.unknownFrame, &out)
    }

    /// What there is of a payload that comes in pieces. nil: it is over.
    @inline(__always)
    private mutating func takePayload(_ input: Span<UInt8>, _ at: inout Int) -> HTTP2Event? {
        if payload.dataLeft > 0 {
            let count = min(payload.dataLeft, input.count &- at)
            guard count > 0 else { return .needMore }
            let start = at
            at &+= count
            payload.dataLeft &-= count
            if payload.slot >= 0 && !streams[payload.slot].flags.contains(.discards) {
                return .data(HTTP2StreamIndex(slot: payload.slot), start..<at)
            }
            return payload.dataLeft > 0 ? .needMore : nil
        }
        let count = min(payload.skipLeft, input.count &- at)
        at &+= count
        payload.skipLeft &-= count
        if payload.skipLeft > 0 { return .needMore }
        return payload.isEnd ? endPayload() : nil
    }

    /// The last frame of a stream's data is over.
    private mutating func endPayload() -> HTTP2Event? {
        let slot = payload.slot
        payload = PayloadReader()
        guard slot >= 0 else { return nil }
        streams[slot].flags.insert(.peerEnded)
        let isTold = !streams[slot].flags.contains(.discards)
        closeIfEnded(slot)
        return isTold ? .end(HTTP2StreamIndex(slot: slot)) : nil
    }
}
