// Frames of the connection, and the small ones of streams. RFC 9113 §6.3-§6.5, §6.7, §6.8, RFC 9218 §7.

import GateCore

extension HTTP2Connection {
    // MARK: SETTINGS

    mutating func takeSettings(
        _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        if header.flags.contains(.acknowledged) {
            settingsAcknowledged()
            return nil
        }
        if let failed = count(.settings, &out) { return failed }
        let before = peerSettings
        var at = 0
        while at < payload.count {
            let identifier = UInt16(payload[at]) << 8 | UInt16(payload[at + 1])
            let value = HTTP2Bytes.number(payload, at: at + 2)
            if let failure = peerSettings.take(identifier, value, isFromServer: role == .client) {
                return fail(failure, &out)
            }
            // RFC 7541 §4.2: a size that holds only until the next one evicts, too.
            if identifier == HTTP2Setting.headerTableSize.rawValue { encoder.peerTableBytesMax(Int(value)) }
            at += HTTP2Setting.bytes
        }
        if let failure = apply(before) { return fail(failure, &out) }
        phase = .frames
        if let failed = countAnswer(HTTP2FrameHeader.bytes, &out) { return failed }
        writeHeader(.settings, length: 0, flags: .acknowledged, 0, &out)
        return .settings
    }

    private mutating func apply(_ before: HTTP2Settings) -> HTTP2Failure? {
        if peerSettings.noRFC7540Priorities != before.noRFC7540Priorities {
            // RFC 9218 §2.1: it may not change after the first SETTINGS.
            if phase == .frames { return .badSetting }
            speaksPriorities = true
        }
        let change = peerSettings.initialWindowBytes - before.initialWindowBytes
        return change == 0 ? nil : moveSendWindows(by: change)
    }

    private mutating func settingsAcknowledged() {
        guard !isAcknowledged && settingsDueMs != .max else { return }
        isAcknowledged = true
        settingsDueMs = .max
        decoder.settingsAcknowledged()
    }

    // MARK: PING

    /// What our PINGs are for; it is their payload.
    enum PingPurpose: UInt64 {
        case estimate = 0x6761_7465_0000_0001
        case drain = 0x6761_7465_0000_0002
        case probe = 0x6761_7465_0000_0003
    }

    mutating func takePing(
        _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let value = HTTP2Bytes.longNumber(payload, at: 0)
        if header.flags.contains(.acknowledged) { return pingAnswered(value, &out) }
        if let failed = count(.ping, &out) { return failed }
        if let failed = countAnswer(HTTP2FrameHeader.bytes + 8, &out) { return failed }
        writeHeader(.ping, length: 8, flags: .acknowledged, 0, &out)
        out.append(bigEndian: value)
        return nil
    }

    /// Answers to nothing are ignored, up to a bound: they cost as little as frames of unknown types.
    private mutating func pingAnswered(_ value: UInt64, _ out: inout ByteBuffer) -> HTTP2Event? {
        switch PingPurpose(rawValue: value) {
        case .estimate where estimate.isMeasuring:
            estimate.end()
            return nil
        case .drain where goAwayState == .announced:
            finishDrain(&out)
            return nil
        case .probe where probeDueMs != .max:
            probeDueMs = .max
            return .alive
        case .estimate, .drain, .probe, nil: return count(.unknownFrame, &out)
        }
    }

    mutating func writePing(_ purpose: PingPurpose, _ out: inout ByteBuffer) {
        writeHeader(.ping, length: 8, 0, &out)
        out.append(bigEndian: purpose.rawValue)
    }

    // MARK: GOAWAY

    mutating func takeGoAway(_ payload: Span<UInt8>, _ out: inout ByteBuffer) -> HTTP2Event? {
        // Two are a drain; the streams are looked through for each that names a lower one.
        if peerLastID != nil, let failed = count(.unknownFrame, &out) { return failed }
        let last = HTTP2Bytes.number(payload, at: 0) & HTTP2Bytes.streamIDMax
        let code = HTTP2ErrorCode(rawValue: HTTP2Bytes.number(payload, at: 4))
        // RFC 9113 §6.8: later ones may only name lower streams.
        let lowest = min(last, peerLastID ?? last)
        if role == .client && lowest != peerLastID { refusalScan = 0 }
        peerLastID = lowest
        return .goAway(lastStreamID: lowest, code)
    }

    /// The next stream of ours that the peer's GOAWAY left out: nothing was done for it, and nothing will be.
    mutating func nextRefusal() -> HTTP2Event? {
        let last = peerLastID ?? HTTP2Bytes.streamIDMax
        while refusalScan < streams.slots {
            let slot = refusalScan
            refusalScan += 1
            guard streams[slot].flags.contains(.isOpen) && streams[slot].id > last else { continue }
            closeStream(slot, .weReset)
            return .reset(HTTP2StreamIndex(slot: slot), .refusedStream)
        }
        refusalScan = -1
        return nil
    }

    // MARK: RST_STREAM

    mutating func takeReset(
        _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let slot = ids.slot(of: header.streamID)
        if slot < 0 { return strayControl(header.streamID, &out) }
        // A client that resets what a server has answered, and servers, take no work back.
        if role == .server && !streams[slot].flags.contains(.weEnded), let failed = count(.reset, &out) {
            return failed
        }
        closeStream(slot, .peerReset)
        return .reset(HTTP2StreamIndex(slot: slot), HTTP2ErrorCode(rawValue: HTTP2Bytes.number(payload, at: 0)))
    }

    // MARK: Priorities

    /// PRIORITY of RFC 7540 is read and means nothing. RFC 9113 §5.3, §6.3.
    mutating func takePriority(
        _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        if let failed = count(.priority, &out) { return failed }
        let failure: HTTP2Failure
        if payload.count != 5 {
            failure = .badPriorityLength
        } else if HTTP2Bytes.number(payload, at: 0) & HTTP2Bytes.streamIDMax == header.streamID {
            failure = .selfDependency
        } else {
            return nil
        }
        let slot = ids.slot(of: header.streamID)
        return slot >= 0 ? failStream(slot, failure, &out) : strayPriority(header.streamID, failure, &out)
    }

    /// RFC 9218 §7.1.
    mutating func takePriorityUpdate(_ payload: Span<UInt8>, _ out: inout ByteBuffer) -> HTTP2Event? {
        if let failed = count(.priorityUpdate, &out) { return failed }
        let id = HTTP2Bytes.number(payload, at: 0) & HTTP2Bytes.streamIDMax
        // Streams that a server opens would be pushes, which there are none of.
        if id & 1 == 0 { return fail(.badPriorityUpdate, &out) }
        speaksPriorities = true
        let priority = HTTP2Priority(field: payload.extracting(4..<payload.count))
        let slot = ids.slot(of: id)
        if slot >= 0 {
            setPriority(slot, priority)
        } else if isIdle(id) {
            futurePriorities.set(id, priority)
        }
        return nil
    }
}
