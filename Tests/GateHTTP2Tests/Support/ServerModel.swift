import GateHTTP
import GateHTTP2

/// A server's end of a connection as RFC 9113 has it, in the plainest words: every stream in a dictionary for ever, no
/// tables, no laziness. It says what must be told of each frame.
struct ServerModel {
    /// RFC 9113 §5.1, with how streams came to be closed.
    enum State {
        case open, halfClosedRemote, halfClosedLocal, ended, peerReset, weReset
    }

    struct Stream {
        var state: State
        var sendWindow: Int
        var receiveWindow: Int
        /// Padding that was not given back yet.
        var padding = 0
        var lengthLeft: Int?
        var wants = false
        /// Its head was too large: nothing of its body is told.
        var discards = false

        var isAlive: Bool { state == .open || state == .halfClosedRemote || state == .halfClosedLocal }
    }

    let windowBytes: Int
    let streamsMax: Int
    var streams: [UInt32: Stream] = [:]
    var highest: UInt32 = 0
    var sendWindow = 65_535
    var initialWindow = 65_535

    var alive: Int { streams.values.filter(\.isAlive).count }

    private func isIdle(_ id: UInt32) -> Bool { id % 2 == 0 || id > highest }

    // MARK: What the peer says

    mutating func request(_ id: UInt32, end: Bool, length: Int?, isGood: Bool, isLarge: Bool) -> [Told] {
        guard let stream = streams[id] else { return newRequest(id, end, length, isGood, isLarge) }
        switch stream.state {
        case .open, .halfClosedLocal: return fail(id, .malformedTrailers)
        case .halfClosedRemote: return fail(id, .halfClosedStream)
        case .ended: return [.failed(.closedStream)]
        case .peerReset: return [.streamRefused(.resetStream)]
        case .weReset: return []
        }
    }

    private mutating func newRequest(
        _ id: UInt32, _ end: Bool, _ length: Int?, _ isGood: Bool, _ isLarge: Bool
    ) -> [Told] {
        guard isIdle(id), id % 2 == 1 else { return [.failed(.badNewStreamID)] }
        highest = id
        var stream = Stream(
            state: end ? .halfClosedRemote : .open, sendWindow: initialWindow, receiveWindow: windowBytes)
        stream.lengthLeft = length
        if alive >= streamsMax {
            stream.state = .weReset
            streams[id] = stream
            return [.streamRefused(.tooManyStreams)]
        }
        if !isGood || !isLarge && end && (length ?? 0) > 0 {
            stream.state = end ? .ended : .weReset
            streams[id] = stream
            return [.streamRefused(isGood ? .lengthMismatch : .malformedHead)]
        }
        if isLarge {
            stream.discards = true
            stream.lengthLeft = nil
        }
        streams[id] = stream
        return isLarge ? [.refusedHead(id, .tooManyFields)] : [.head(id, [], isEnd: end)]
    }

    mutating func data(_ id: UInt32, _ bytes: [UInt8], padding: Int?, end: Bool) -> [Told] {
        guard var stream = streams[id] else { return [.failed(isIdle(id) ? .idleStream : .closedStream)] }
        switch stream.state {
        case .halfClosedRemote: return fail(id, .halfClosedStream)
        case .ended: return [.failed(.closedStream)]
        case .peerReset: return [.streamRefused(.resetStream)]
        case .weReset: return []
        case .open, .halfClosedLocal: break
        }
        let size = bytes.count + (padding.map { $0 + 1 } ?? 0)
        if size > stream.receiveWindow { return fail(id, .windowExceeded) }
        if let left = stream.lengthLeft, bytes.count > left || end && bytes.count < left {
            return fail(id, .lengthMismatch)
        }
        stream.receiveWindow -= size
        stream.lengthLeft = stream.lengthLeft.map { $0 - bytes.count }
        if let padding, !end {
            stream.padding += padding + 1
            if stream.padding * 2 >= windowBytes {
                stream.receiveWindow += stream.padding
                stream.padding = 0
            }
        }
        streams[id] = stream
        if end { peerEnds(id) }
        if stream.discards { return [] }
        return (bytes.isEmpty ? [] : [.data(id, bytes)]) + (end ? [.end(id)] : [])
    }

    mutating func trailers(_ id: UInt32, end: Bool) -> [Told] {
        guard let stream = streams[id] else {
            if !isIdle(id) || id % 2 == 0 { return [.failed(.badNewStreamID)] }
            highest = id
            streams[id] = Stream(state: end ? .ended : .weReset, sendWindow: 0, receiveWindow: 0)
            return [.streamRefused(.malformedHead)]
        }
        switch stream.state {
        case .halfClosedRemote: return fail(id, .halfClosedStream)
        case .ended: return [.failed(.closedStream)]
        case .peerReset: return [.streamRefused(.resetStream)]
        case .weReset: return []
        case .open, .halfClosedLocal: break
        }
        if !end { return fail(id, .malformedTrailers) }
        if (stream.lengthLeft ?? 0) > 0 { return fail(id, .lengthMismatch) }
        peerEnds(id)
        return stream.discards ? [] : [.trailers(id, ["x: 1"])]
    }

    mutating func reset(_ id: UInt32) -> [Told] {
        guard let stream = streams[id] else { return isIdle(id) ? [.failed(.idleStream)] : [] }
        guard stream.isAlive else { return [] }
        streams[id]!.state = .peerReset
        return [.reset(id, .cancel)]
    }

    mutating func windowUpdate(_ id: UInt32, _ increment: Int) -> [Told] {
        if id == 0 { return connectionWindowUpdate(increment) }
        guard let stream = streams[id] else { return isIdle(id) ? [.failed(.idleStream)] : [] }
        guard stream.isAlive else { return [] }
        if increment == 0 { return fail(id, .emptyWindowUpdate) }
        if stream.sendWindow + increment > Int(Int32.max) { return fail(id, .windowOverflow) }
        streams[id]!.sendWindow += increment
        let opened = stream.sendWindow <= 0 && stream.sendWindow + increment > 0
        return opened && stream.wants && sendWindow > 0 ? [.sendable] : []
    }

    private mutating func connectionWindowUpdate(_ increment: Int) -> [Told] {
        if increment == 0 { return [.failed(.emptyConnectionWindowUpdate)] }
        if sendWindow + increment > Int(Int32.max) { return [.failed(.connectionWindowOverflow)] }
        let wasShut = sendWindow <= 0
        sendWindow += increment
        return wasShut && streams.values.contains { $0.isAlive && $0.wants && $0.sendWindow > 0 } ? [.sendable] : []
    }

    mutating func priority(_ id: UInt32, isLong: Bool, parent: UInt32) -> [Told] {
        if isLong && parent != id { return [] }
        let failure: HTTP2Failure = isLong ? .selfDependency : .badPriorityLength
        guard let stream = streams[id] else { return isIdle(id) ? [.failed(failure)] : [.streamRefused(failure)] }
        if stream.isAlive { return fail(id, failure) }
        return stream.state == .weReset ? [] : [.streamRefused(failure)]
    }

    mutating func initialWindow(_ size: Int) -> [Told] {
        if size > Int(Int32.max) { return [.failed(.badInitialWindow)] }
        for (id, stream) in streams where stream.isAlive {
            if stream.sendWindow + size - initialWindow > Int(Int32.max) { return [.failed(.badInitialWindow)] }
            streams[id]!.sendWindow += size - initialWindow
        }
        initialWindow = size
        return [.settings]
    }

    // MARK: What we say

    mutating func weEnd(_ id: UInt32) {
        streams[id]!.state = streams[id]!.state == .open ? .halfClosedLocal : .ended
        streams[id]!.wants = false
    }

    mutating func weReset(_ id: UInt32) {
        streams[id]!.state = streams[id]!.state == .halfClosedRemote ? .ended : .weReset
    }

    /// How much of `count` bytes goes.
    mutating func send(_ id: UInt32, _ count: Int) -> Int {
        let sent = max(0, min(count, streams[id]!.sendWindow, sendWindow))
        streams[id]!.sendWindow -= sent
        sendWindow -= sent
        return sent
    }

    // MARK: Helpers

    private mutating func peerEnds(_ id: UInt32) {
        streams[id]!.state = streams[id]!.state == .open ? .halfClosedRemote : .ended
    }

    private mutating func fail(_ id: UInt32, _ failure: HTTP2Failure) -> [Told] {
        streams[id]!.state = streams[id]!.state == .halfClosedRemote ? .ended : .weReset
        return [.streamFailed(id, failure)]
    }
}
