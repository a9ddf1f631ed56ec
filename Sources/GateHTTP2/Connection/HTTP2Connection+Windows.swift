// Receive windows: what the peer may send. RFC 9113 §5.2, §6.9.
//
// The connection's credit goes back as data arrives, so that one stream that nobody reads never stops the others; a
// stream's goes back when the owner has passed its data on. Windows grow when a round trip brings about as much as they
// allow.

package import GateCore

extension HTTP2Connection {
    /// Takes a frame of DATA out of the connection's window, and gives its credit back when enough has gathered.
    @inline(__always)
    mutating func takeConnectionWindow(_ count: Int, _ out: inout ByteBuffer) -> HTTP2Failure? {
        if count > receiveWindow { return .connectionWindowExceeded }
        receiveWindow &-= count
        credit &+= count
        estimate.received(count)
        if credit &* 2 >= windowTarget { giveConnectionCredit(&out) }
        return nil
    }

    private mutating func giveConnectionCredit(_ out: inout ByteBuffer) {
        let target = min(max(windowTarget, estimate.bytes), max(windowTarget, limits.connectionWindowBytesMax))
        credit &+= target &- windowTarget
        windowTarget = target
        writeWindowUpdate(0, credit, &out)
        receiveWindow &+= credit
        credit = 0
    }

    /// The owner has passed on `count` bytes of a stream's data: credit goes back to the peer when it is worth a frame.
    package mutating func consumed(_ stream: HTTP2StreamIndex, _ count: Int, into out: inout ByteBuffer) {
        precondition(count >= 0)
        if failure == nil && isOpen(stream) { giveBack(stream.slot, count, &out) }
    }

    mutating func giveBack(_ slot: Int, _ count: Int, _ out: inout ByteBuffer) {
        streams[slot].credit &+= count
        if streams[slot].flags.contains(.peerEnded) || payload.isEnd && payload.slot == slot { return }
        if streams[slot].credit &* 2 >= streams[slot].windowTarget { giveCredit(slot, &out) }
    }

    private mutating func giveCredit(_ slot: Int, _ out: inout ByteBuffer) {
        grow(slot)
        let credit = streams[slot].credit
        writeWindowUpdate(streams[slot].id, credit, &out)
        streams[slot].receiveWindow &+= credit
        streams[slot].credit = 0
        if estimate.isUseful { measure(&out) }
    }

    /// Makes a stream's window as large as the estimate, as far as all of them together may grow.
    private mutating func grow(_ slot: Int) {
        let wanted = min(estimate.bytes, limits.streamWindowBytesMax)
        let growth = min(wanted &- streams[slot].windowTarget, limits.windowGrowthBytesMax &- windowGrowth)
        guard growth > 0 else { return }
        streams[slot].windowTarget &+= growth
        streams[slot].credit &+= growth
        windowGrowth &+= growth
    }

    private mutating func measure(_ out: inout ByteBuffer) {
        estimate.begin()
        writePing(.estimate, &out)
    }

    private mutating func writeWindowUpdate(_ id: UInt32, _ count: Int, _ out: inout ByteBuffer) {
        writeHeader(.windowUpdate, length: 4, id, &out)
        out.append(bigEndian: UInt32(truncatingIfNeeded: count))
    }

    // MARK: The peer's word on what we may send

    mutating func takeWindowUpdate(
        _ header: HTTP2FrameHeader, _ payload: Span<UInt8>, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        if let failed = count(.windowUpdate, &out) { return failed }
        let increment = Int(HTTP2Bytes.number(payload, at: 0) & HTTP2Bytes.streamIDMax)
        if header.streamID == 0 { return openConnectionWindow(increment, &out) }
        let slot = ids.slot(of: header.streamID)
        if slot < 0 { return strayControl(header.streamID, &out) }
        if increment == 0 { return failStream(slot, .emptyWindowUpdate, &out) }
        let window = streams[slot].sendWindow &+ increment
        if window > Int(HTTP2Bytes.streamIDMax) { return failStream(slot, .windowOverflow, &out) }
        let wasShut = streams[slot].sendWindow <= 0
        streams[slot].sendWindow = window
        guard wasShut && window > 0 else { return nil }
        refreshTurn(slot)
        return streams[slot].flags.contains(.wants) && sendWindow > 0 ? .sendable : nil
    }

    private mutating func openConnectionWindow(_ increment: Int, _ out: inout ByteBuffer) -> HTTP2Event? {
        if increment == 0 { return fail(.emptyConnectionWindowUpdate, &out) }
        let window = sendWindow &+ increment
        if window > Int(HTTP2Bytes.streamIDMax) { return fail(.connectionWindowOverflow, &out) }
        let wasShut = sendWindow <= 0
        sendWindow = window
        return wasShut && !queue.isEmpty ? .sendable : nil
    }

    /// The peer's initial window changed: so do the windows of all streams. RFC 9113 §6.9.2. That is once for each frame
    /// of SETTINGS, however often the frame names it, and `HTTP2Limits.settings` bounds those: in each interval a peer has
    /// `settings * slots` records looked at, at most.
    mutating func moveSendWindows(by change: Int) -> HTTP2Failure? {
        for slot in 0..<streams.slots where streams[slot].flags.contains(.isOpen) {
            let window = streams[slot].sendWindow &+ change
            if window > Int(HTTP2Bytes.streamIDMax) { return .badInitialWindow }
            streams[slot].sendWindow = window
            refreshTurn(slot)
        }
        return nil
    }
}
