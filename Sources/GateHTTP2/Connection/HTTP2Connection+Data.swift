// DATA: what its header promises is judged at once, its bytes are told as they come. RFC 9113 §6.1.

import GateCore

extension HTTP2Connection {
    mutating func beginData(
        _ header: HTTP2FrameHeader, _ input: Span<UInt8>, _ at: inout Int, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        if header.streamID == 0 { return fail(.badStreamID, &out) }
        var padding = 0
        var front = HTTP2FrameHeader.bytes
        if header.flags.contains(.padded) {
            if header.length == 0 { return fail(.badFrameLength, &out) }
            guard input.count &- at > front else { return .needMore }
            padding = Int(input[at &+ front])
            if padding >= header.length { return fail(.badPadding, &out) }
            front &+= 1
        }
        let overhead = padding &+ front &- HTTP2FrameHeader.bytes
        if let failure = takeConnectionWindow(header.length, &out) { return fail(failure, &out) }
        at &+= front
        payload = PayloadReader(dataLeft: header.length &- overhead, skipLeft: padding)
        let slot = ids.slot(of: header.streamID)
        if slot < 0 { return strayData(header, &out) }
        return beginData(header, slot, overhead: overhead, &out)
    }

    /// As above, for a stream that is open.
    private mutating func beginData(
        _ header: HTTP2FrameHeader, _ slot: Int, overhead: Int, _ out: inout ByteBuffer
    ) -> HTTP2Event? {
        let isEnd = header.flags.contains(.endStream)
        let count = payload.dataLeft
        if let failure = refusal(ofData: header.length, count, isEnd: isEnd, slot) {
            return failStream(slot, failure, &out)
        }
        streams[slot].receiveWindow &-= header.length
        if streams[slot].lengthLeft >= 0 { streams[slot].lengthLeft &-= count }
        payload.slot = slot
        payload.isEnd = isEnd
        if !isEnd && overhead > 0 { giveBack(slot, overhead, &out) }
        if !isEnd && count == 0 { return self.count(.emptyFrame, &out) }
        return nil
    }

    /// The stream's rule that a frame of DATA breaks.
    @inline(__always)
    private func refusal(ofData frameBytes: Int, _ count: Int, isEnd: Bool, _ slot: Int) -> HTTP2Failure? {
        let flags = streams[slot].flags
        if flags.contains(.peerEnded) { return .halfClosedStream }
        if !flags.contains(.gotHead) { return .dataBeforeHead }
        if frameBytes > streams[slot].receiveWindow { return .windowExceeded }
        let left = streams[slot].lengthLeft
        // RFC 9113 §8.1.1: the sum of the data is what Content-Length says.
        if left >= 0 && (count > left || isEnd && count < left) { return .lengthMismatch }
        return nil
    }
}
