// What the owner says on streams. Nothing is written for a stream that is over on the wire. RFC 9113 §8.

package import GateCore
package import GateHTTP

extension HTTP2Connection {
    // MARK: Frames

    /// Every frame's header is written here, so that `sendEnd` knows what is last.
    @inline(__always)
    mutating func writeHeader(
        _ type: HTTP2FrameType, length: Int, flags: HTTP2FrameFlags = [], _ id: UInt32, _ out: inout ByteBuffer
    ) {
        lastFrameSlot = -1
        out.append(HTTP2FrameHeader(length: length, type: type, flags: flags, streamID: id))
    }

    /// Writes what we say first: the preface (client), SETTINGS and the connection's window. Once, before all else.
    package mutating func begin(nowMs: UInt64, into out: inout ByteBuffer) {
        precondition(settingsDueMs == .max && !isAcknowledged)
        self.nowMs = nowMs
        flood = FloodGuard(startMs: nowMs)
        settingsDueMs = nowMs &+ limits.settingsTimeoutMs
        if role == .client { out.append(Self.preface) }
        writeSettings(&out)
        guard receiveWindow > 65_535 else { return }
        writeHeader(.windowUpdate, length: 4, 0, &out)
        out.append(bigEndian: UInt32(receiveWindow - 65_535))
    }

    private mutating func writeSettings(_ out: inout ByteBuffer) {
        let start = out.count
        writeHeader(.settings, length: 0, 0, &out)
        if limits.headTableBytes != 4096 { out.append(setting: .headerTableSize, UInt32(limits.headTableBytes)) }
        if role == .client { out.append(setting: .enablePush, 0) }
        if role == .server { out.append(setting: .maxConcurrentStreams, UInt32(limits.streams)) }
        if limits.streamWindowBytes != 65_535 {
            out.append(setting: .initialWindowSize, UInt32(limits.streamWindowBytes))
        }
        out.append(setting: .maxHeaderListSize, UInt32(truncatingIfNeeded: limits.head.headBytes))
        if role == .server && limits.allowsConnect { out.append(setting: .enableConnectProtocol, 1) }
        out.append(setting: .noRFC7540Priorities, 1)
        out.setFrameLength(out.count - start - HTTP2FrameHeader.bytes, at: start)
    }

    /// Whether our side of the stream may still speak.
    @inline(__always)
    private func canSend(_ slot: Int) -> Bool {
        failure == nil && streams[slot].flags.contains(.isOpen) && !streams[slot].flags.contains(.weEnded)
    }

    @inline(__always)
    private mutating func weEnded(_ slot: Int) {
        streams[slot].flags.insert(.weEnded)
        streams[slot].flags.remove(.wants)
        refreshTurn(slot)
        closeIfEnded(slot)
    }

    // MARK: Heads

    /// Client: streams that `open` would give now.
    package var openableStreams: Int {
        guard role == .client, failure == nil, !isDraining, nextID <= HTTP2Bytes.streamIDMax else { return 0 }
        let idsLeft = Int((HTTP2Bytes.streamIDMax - nextID) / 2) + 1
        let allowed = min(peerSettings.streams, limits.streams) - openStreams
        return max(0, min(allowed, limits.slots - streams.held, idsLeft))
    }

    /// Client: a new stream, or nil while the peer's limit or ours is reached, and after GOAWAY. `sendRequest` must
    /// follow before another stream is opened.
    package mutating func open() -> HTTP2StreamIndex? {
        guard openableStreams > 0 else { return nil }
        let slot = openStream(nextID)
        nextID &+= 2
        // Requests of many clients share a server's connection.
        streams[slot].flags.insert(.isIncremental)
        return HTTP2StreamIndex(slot: slot)
    }

    /// Client: a request's head. `authority`, `path` and `protocol` are left out when empty: `path` by CONNECT without a
    /// `protocol`. `head`'s fields follow, without Host and those that were removed; hop-by-hop ones are never written.
    package mutating func sendRequest(
        _ stream: HTTP2StreamIndex, method: Span<UInt8>, scheme: Span<UInt8>, authority: Span<UInt8>,
        path: Span<UInt8>, protocol: Span<UInt8>, _ head: borrowing MessageHead, isEnd: Bool,
        into out: inout ByteBuffer
    ) {
        let slot = stream.slot
        guard canSend(slot) else { return }
        precondition(!streams[slot].flags.contains(.sentHead))
        if ASCII.spells(method, "HEAD") { streams[slot].flags.insert(.isHead) }
        if ASCII.spells(method, "CONNECT") { streams[slot].flags.insert(.isConnect) }
        let start = beginBlock(slot, isEnd: isEnd, &out)
        encoder.pseudo(.method, method, into: &out)
        if !scheme.isEmpty { encoder.pseudo(.scheme, scheme, into: &out) }
        if !authority.isEmpty { encoder.pseudo(.authority, authority, into: &out) }
        if !path.isEmpty { encoder.pseudo(.path, path, into: &out) }
        if !`protocol`.isEmpty { encoder.pseudo(.protocol, `protocol`, into: &out) }
        encoder.fields(head, omitting: Self.connectionFields | KnownField.host.bit, into: &out)
        streams[slot].flags.insert(.sentHead)
        endBlock(slot, start, isEnd: isEnd, &out)
    }

    /// Server: a response's head, final or interim (1xx, never with `isEnd`; 101 does not exist here).
    package mutating func sendHead(
        _ stream: HTTP2StreamIndex, status: Int, _ head: borrowing MessageHead, isEnd: Bool, into out: inout ByteBuffer
    ) {
        let slot = stream.slot
        guard canSend(slot) else { return }
        precondition(!streams[slot].flags.contains(.sentHead))
        precondition(status >= 200 || !isEnd && status != 101)
        let start = beginBlock(slot, isEnd: isEnd, &out)
        encoder.status(status, into: &out)
        encoder.fields(head, omitting: Self.connectionFields, into: &out)
        if status >= 200 {
            streams[slot].flags.insert(.sentHead)
            takeResponsePriority(slot, head)
        }
        endBlock(slot, start, isEnd: isEnd, &out)
    }

    /// Trailers, and with them the end of our side. Fields that may not stand there (`TrailerRules`) are left out; when
    /// none is left the end is all.
    package mutating func sendTrailers(
        _ stream: HTTP2StreamIndex, _ head: borrowing MessageHead, into out: inout ByteBuffer
    ) {
        let slot = stream.slot
        guard canSend(slot) else { return }
        precondition(streams[slot].flags.contains(.sentHead))
        guard Self.hasTrailers(head) else { return sendEnd(stream, into: &out) }
        let start = beginBlock(slot, isEnd: true, &out)
        encoder.fields(head, omitting: TrailerRules.forbidden, into: &out)
        endBlock(slot, start, isEnd: true, &out)
    }

    private static func hasTrailers(_ head: borrowing MessageHead) -> Bool {
        for index in 0..<head.fieldCount where TrailerRules.isPermitted(head.field(index)) { return true }
        return false
    }

    /// RFC 9113 §8.2.2.
    private static var connectionFields: UInt64 {
        KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit
            | KnownField.transferEncoding.bit | KnownField.upgrade.bit
    }

    private mutating func beginBlock(_ slot: Int, isEnd: Bool, _ out: inout ByteBuffer) -> Int {
        let start = out.count
        writeHeader(
            .headers, length: 0, flags: isEnd ? [.endHeaders, .endStream] : .endHeaders, streams[slot].id, &out)
        encoder.begin(into: &out)
        return start
    }

    private mutating func endBlock(_ slot: Int, _ start: Int, isEnd: Bool, _ out: inout ByteBuffer) {
        let length = out.count &- start &- HTTP2FrameHeader.bytes
        if length <= HTTP2FrameHeader.payloadBytesMax {
            out.setFrameLength(length, at: start)
        } else {
            splitBlock(slot, start, isEnd: isEnd, &out)
        }
        if isEnd { return weEnded(slot) }
        lastFrameSlot = slot
        lastFrameBytes = out.count &- start
    }

    /// A block that one frame does not hold goes on in CONTINUATION. RFC 9113 §6.10. Rare, so it may copy.
    private mutating func splitBlock(_ slot: Int, _ start: Int, isEnd: Bool, _ out: inout ByteBuffer) {
        let most = HTTP2FrameHeader.payloadBytesMax
        out.setFrameLength(most, at: start)
        out.setFrameFlags(isEnd ? .endStream : [], at: start)
        let first = start + HTTP2FrameHeader.bytes + most
        var rest = ByteBuffer()
        rest.append(out.span, first..<out.count)
        out.dropLast(out.count - first)
        while rest.count > 0 {
            let count = min(most, rest.count)
            writeHeader(
                .continuation, length: count, flags: count == rest.count ? .endHeaders : [], streams[slot].id, &out)
            out.append(rest.span, 0..<count)
            rest.consume(count)
        }
    }

    // MARK: Data

    /// Bytes of data in one of our frames at most.
    package static var dataFrameBytes: Int { HTTP2FrameHeader.payloadBytesMax }

    /// Bytes of a frame's header.
    package static var frameHeaderBytes: Int { HTTP2FrameHeader.bytes }

    /// Bytes of data that `sendData` would take now.
    package func sendableBytes(_ stream: HTTP2StreamIndex) -> Int {
        canSend(stream.slot) ? max(0, min(streams[stream.slot].sendWindow, sendWindow)) : 0
    }

    /// Sends as much of `bytes` as the windows allow, in frames; the answer is how much. `isEnd` counts when all went.
    package mutating func sendData(
        _ stream: HTTP2StreamIndex, _ bytes: Span<UInt8>, isEnd: Bool, into out: inout ByteBuffer
    ) -> Int {
        var sent = 0
        while sent < bytes.count {
            let start = out.count
            let count = sendDataHeader(stream, count: bytes.count &- sent, isEnd: isEnd, into: &out)
            if count == 0 { return sent }
            out.append(bytes, sent..<(sent &+ count))
            sent &+= count
            if isOpen(stream) && !(isEnd && sent == bytes.count) {
                lastFrameSlot = stream.slot
                lastFrameBytes = out.count &- start
            }
        }
        if isEnd && bytes.isEmpty { sendEnd(stream, into: &out) }
        return sent
    }

    /// As `sendData` for one frame of at most `count` bytes, of which only the header is written: the caller sends
    /// as many bytes as the answer says right behind it. With 0 nothing was written.
    package mutating func sendDataHeader(
        _ stream: HTTP2StreamIndex, count: Int, isEnd: Bool, into out: inout ByteBuffer
    ) -> Int {
        let slot = stream.slot
        guard canSend(slot) else { return 0 }
        precondition(streams[slot].flags.contains(.sentHead))
        let window = min(streams[slot].sendWindow, sendWindow)
        let taken = min(count, window, HTTP2FrameHeader.payloadBytesMax)
        guard taken > 0 else { return 0 }
        let isLast = isEnd && taken == count
        writeHeader(.data, length: taken, flags: isLast ? .endStream : [], streams[slot].id, &out)
        streams[slot].sendWindow &-= taken
        sendWindow &-= taken
        countData(taken, isCut: taken < count && taken == window)
        if isLast {
            weEnded(slot)
        } else if streams[slot].sendWindow == 0 {
            refreshTurn(slot)
        }
        return taken
    }

    /// As `sendDataHeader`, for as many frames as `bytes` need and `frames` allows: all are full but the last. The headers
    /// stand in `out` one behind the other; the answer is how many bytes they announce.
    package mutating func sendDataHeaders(
        _ stream: HTTP2StreamIndex, bytes: Int, frames: Int, into out: inout ByteBuffer
    ) -> Int {
        var announced = 0
        for _ in 0..<frames where announced < bytes {
            let taken = sendDataHeader(stream, count: bytes &- announced, isEnd: false, into: &out)
            announced &+= taken
            if taken < HTTP2FrameHeader.payloadBytesMax { break }
        }
        return announced
    }

    /// Frames of data earn the peer some of its own; those that a client's tiny windows cut do not. Servers are ours to choose:
    /// one that is slow keeps its streams alone waiting.
    private mutating func countData(_ bytes: Int, isCut: Bool) {
        if !isCut || bytes >= 256 || role == .client { return flood.dataSent(bytes) }
        if let tiny = flood.count(.tinyFrame, limits) { failure = tiny }
    }

    /// Ends our side: on the stream's last frame if that is still the last of `out`, else with an empty DATA frame.
    package mutating func sendEnd(_ stream: HTTP2StreamIndex, into out: inout ByteBuffer) {
        let slot = stream.slot
        guard canSend(slot) else { return }
        precondition(streams[slot].flags.contains(.sentHead))
        if lastFrameSlot == slot && out.count >= lastFrameBytes {
            let at = out.count &- lastFrameBytes
            let flags = HTTP2FrameFlags(rawValue: out.span[at &+ 4])
            out.setFrameFlags(flags.union(.endStream), at: at)
            lastFrameSlot = -1
        } else {
            writeHeader(.data, length: 0, flags: .endStream, streams[slot].id, &out)
        }
        weEnded(slot)
    }

    /// RST_STREAM. Nothing more is told of the stream.
    package mutating func reset(_ stream: HTTP2StreamIndex, _ code: HTTP2ErrorCode, into out: inout ByteBuffer) {
        guard isOpen(stream) else { return }
        let slot = stream.slot
        let ending: ClosedStreams.Ending = streams[slot].flags.contains(.peerEnded) ? .ended : .weReset
        if failure == nil && (role == .server || streams[slot].flags.contains(.sentHead)) {
            flood.resetSent()
            writeReset(streams[slot].id, code, &out)
        }
        closeStream(slot, ending)
    }
}
