// Field blocks: put together from their frames, decoded, and judged by the state of their stream.
// RFC 9113 §4.3, §6.2, §6.10, §8.1.

import GateCore
import GateHTTP

extension HTTP2Connection {
    // MARK: Frames

    mutating func takeHeaders(
        _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ workspace: HTTP2Workspace, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        if let failure = misuse(ofID: header.streamID) { return fail(failure, &out) }
        var start = 0
        var end = payload.count
        var flags = BlockFlags(isEnd: header.flags.contains(.endStream))
        if header.flags.contains(.padded) {
            if payload.count == 0 { return fail(.badFrameLength, &out) }
            end &-= Int(payload[0])
            start = 1
            if end < start { return fail(.badPadding, &out) }
        }
        if header.flags.contains(.priority) {
            if end &- start < 5 { return fail(start == 0 ? .badFrameLength : .badPadding, &out) }
            let parent = HTTP2Bytes.number(payload, at: start) & HTTP2Bytes.streamIDMax
            flags.isSelfDependent = parent == header.streamID
            start &+= 5
        }
        let fragment = payload.extracting(start..<end)
        if header.flags.contains(.endHeaders) {
            return takeBlock(header.streamID, flags, fragment, workspace, &out)
        }
        blockStream = header.streamID
        blockFlags = flags
        blockFrames = 0
        block.append(fragment)
        return nil
    }

    mutating func takeContinuation(
        _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ workspace: HTTP2Workspace, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let isLast = header.flags.contains(.endHeaders)
        if payload.count == 0 && !isLast, let failed = count(.emptyFrame, &out) { return failed }
        blockFrames += 1
        if blockFrames > limits.continuations || block.count + payload.count > limits.blockBytesMax {
            return fail(.continuationFlood, &out)
        }
        block.append(payload)
        guard isLast else { return nil }
        // What is rare is not kept: an idle connection holds no block.
        var whole = ByteBuffer()
        swap(&whole, &block)
        let id = blockStream
        blockStream = 0
        return takeBlock(id, blockFlags, whole.span, workspace, &out)
    }

    /// The connection's rule that a head on this stream breaks. RFC 9113 §5.1.1.
    private func misuse(ofID id: UInt32) -> HTTP2Failure? {
        guard isIdle(id) else { return nil }
        if role == .client { return .idleStream }
        return id & 1 == 0 ? .badNewStreamID : nil
    }

    // MARK: Blocks

    /// A whole block. It is decoded whatever becomes of it, because the next ones build on it.
    private mutating func takeBlock(
        _ id: UInt32, _ flags: BlockFlags, _ block: Span<UInt8>, _ workspace: HTTP2Workspace,
        _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let slot = ids.slot(of: id)
        if slot < 0 {
            if role == .server && id > lastPeerID { return takeRequest(id, flags, block, workspace, &out) }
            if let failed = discard(block, workspace, &out) { return failed }
            return strayHead(id, &out)
        }
        if role == .client && !streams[slot].flags.contains(.gotHead) {
            return takeResponse(slot, flags, block, workspace, &out)
        }
        return takeTrailers(slot, flags, block, workspace, &out)
    }

    /// Decodes a block that nobody will see.
    private mutating func discard(
        _ block: Span<UInt8>, _ workspace: HTTP2Workspace, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let outcome = HTTP2Heads.trailers(block, &decoder, limits: limits.head, into: &workspace.head)
        workspace.head.reset()
        if case .undecodable = outcome { return fail(.badCompression, &out) }
        return nil
    }

    // MARK: Requests (server)

    private mutating func takeRequest(
        _ id: UInt32, _ flags: BlockFlags, _ block: Span<UInt8>, _ workspace: HTTP2Workspace,
        _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        lastPeerID = id
        if let unwanted = isUnwanted() {
            if let failed = discard(block, workspace, &out) { return failed }
            return turnAway(id, unwanted, &out)
        }
        lastTakenID = id
        let outcome = HTTP2Heads.request(
            block, &decoder, limits: limits.head, allowsConnectProtocol: limits.allowsConnect, into: &workspace.head,
            facts: &workspace.facts)
        switch outcome {
        case .undecodable: return fail(.badCompression, &out)
        case .malformed(let violation):
            workspace.violation = violation
            return refuseRequest(id, flags, .malformedHead, &out)
        case .tooLarge(let violation): return refuseHead(id, flags, violation, &out)
        case .complete: break
        }
        if flags.isSelfDependent { return refuseRequest(id, flags, .selfDependency, &out) }
        // RFC 9113 §8.1.1: no data, and a length that says otherwise.
        let length = workspace.facts.contentLength
        if flags.isEnd, let length, length > 0 { return refuseRequest(id, flags, .lengthMismatch, &out) }
        return begin(id, flags, workspace)
    }

    private mutating func begin(_ id: UInt32, _ flags: BlockFlags, _ workspace: HTTP2Workspace) -> HTTP2Event {
        let slot = openStream(id)
        streams[slot].flags.insert(flags.isEnd ? [.gotHead, .peerEnded] : .gotHead)
        streams[slot].lengthLeft = workspace.facts.contentLength ?? -1
        workspace.facts.priority = readPriority(id, slot, workspace)
        return .head(HTTP2StreamIndex(slot: slot), isEnd: flags.isEnd)
    }

    /// Why no new stream can be taken now; `noError`: because of our last GOAWAY, and nothing is to be said.
    private func isUnwanted() -> HTTP2ErrorCode? {
        if goAwayState == .final { return .noError }
        return openStreams >= limits.streams || streams.held >= limits.slots ? .refusedStream : nil
    }

    private mutating func turnAway(_ id: UInt32, _ code: HTTP2ErrorCode, _ out: inout ByteBuffer) -> HTTP2Event? {
        closed.remember(id, .weReset)
        return code == .refusedStream ? refuse(id, .tooManyStreams, &out) : count(.strayFrame, &out)
    }

    private mutating func refuseRequest(
        _ id: UInt32, _ flags: BlockFlags, _ failure: HTTP2Failure, _ out: inout ByteBuffer
    ) -> HTTP2Event {
        closed.remember(id, flags.isEnd ? .ended : .weReset)
        return refuse(id, failure, &out)
    }

    /// The owner answers; it costs the peer as much as a reset.
    private mutating func refuseHead(
        _ id: UInt32, _ flags: BlockFlags, _ violation: HTTPViolation, _ out: inout ByteBuffer
    ) -> HTTP2Event {
        if let failed = count(.madeReset, &out) { return failed }
        let slot = openStream(id)
        streams[slot].flags.insert([.gotHead, .discards])
        if flags.isEnd { streams[slot].flags.insert(.peerEnded) }
        return .refusedHead(HTTP2StreamIndex(slot: slot), violation)
    }

    // MARK: Responses (client)

    private mutating func takeResponse(
        _ slot: Int, _ flags: BlockFlags, _ block: Span<UInt8>, _ workspace: HTTP2Workspace, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let outcome = HTTP2Heads.response(
            block, &decoder, limits: limits.head, into: &workspace.head, facts: &workspace.facts)
        switch outcome {
        case .undecodable: return fail(.badCompression, &out)
        case .malformed(let violation):
            workspace.violation = violation
            return failStream(slot, .malformedHead, &out)
        case .tooLarge(let violation):
            workspace.violation = violation
            return failStream(slot, .headTooLarge, &out)
        case .complete: break
        }
        if flags.isSelfDependent { return failStream(slot, .selfDependency, &out) }
        let status = workspace.head.status
        // RFC 9113 §8.1: an interim response ends nothing.
        if status < 200 && flags.isEnd { return failStream(slot, .badResponse, &out) }
        if status >= 200 {
            streams[slot].flags.insert(.gotHead)
            streams[slot].lengthLeft = contentLength(slot, status, workspace.facts.contentLength)
        }
        if flags.isEnd, hasContent(slot, status), streams[slot].lengthLeft > 0 {
            return failStream(slot, .lengthMismatch, &out)
        }
        if flags.isEnd {
            streams[slot].flags.insert(.peerEnded)
            closeIfEnded(slot)
        }
        return .head(HTTP2StreamIndex(slot: slot), isEnd: flags.isEnd)
    }

    /// Whether a response may have content. RFC 9110 §6.4.1.
    private func hasContent(_ slot: Int, _ status: Int) -> Bool {
        !(streams[slot].flags.contains(.isHead) || status == 204 || status == 304)
    }

    /// What the data must come to; negative: anything.
    private func contentLength(_ slot: Int, _ status: Int, _ declared: Int?) -> Int {
        if streams[slot].flags.contains(.isConnect) && status < 300 { return -1 }
        return hasContent(slot, status) ? declared ?? -1 : 0
    }

    // MARK: Trailers

    private mutating func takeTrailers(
        _ slot: Int, _ flags: BlockFlags, _ block: Span<UInt8>, _ workspace: HTTP2Workspace, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let outcome = HTTP2Heads.trailers(block, &decoder, limits: limits.head, into: &workspace.head)
        if case .undecodable = outcome { return fail(.badCompression, &out) }
        if let failure = refusal(ofTrailers: slot, flags, outcome, workspace) {
            workspace.head.reset()
            return failStream(slot, failure, &out)
        }
        streams[slot].flags.insert(.peerEnded)
        let isTold = !streams[slot].flags.contains(.discards)
        closeIfEnded(slot)
        return isTold ? .trailers(HTTP2StreamIndex(slot: slot)) : nil
    }

    private func refusal(
        ofTrailers slot: Int, _ flags: BlockFlags, _ outcome: HTTP2Heads.Outcome, _ workspace: HTTP2Workspace
    ) -> HTTP2Failure? {
        if streams[slot].flags.contains(.peerEnded) { return .halfClosedStream }
        if !flags.isEnd { return .malformedTrailers }
        if flags.isSelfDependent { return .selfDependency }
        switch outcome {
        case .malformed(let violation):
            workspace.violation = violation
            return .malformedTrailers
        case .tooLarge: return .trailersTooLarge
        case .complete, .undecodable: break
        }
        return streams[slot].lengthLeft > 0 ? .lengthMismatch : nil
    }
}
