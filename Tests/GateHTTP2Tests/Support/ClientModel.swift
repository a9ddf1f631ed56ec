import GateHTTP2

/// A client's end of a connection, as `ServerModel` is a server's: what must be told of each frame of a server.
struct ClientModel {
    enum State {
        case open, halfClosedLocal, halfClosedRemote, ended, peerReset, weReset
    }

    struct Stream {
        var state: State
        var isHead: Bool
        var gotHead = false
        /// Bytes that may still come.
        var lengthLeft: Int?

        var isAlive: Bool { state == .open || state == .halfClosedLocal || state == .halfClosedRemote }
        var isPeerDone: Bool { state == .halfClosedRemote || state == .ended }
    }

    var streams: [UInt32: Stream] = [:]
    var goAway: UInt32?

    var alive: Int { streams.values.filter(\.isAlive).count }

    mutating func head(_ id: UInt32, _ status: Int, end: Bool, length: Int?) -> [Told] {
        guard let stream = streams[id] else { return [.failed(.idleStream)] }
        if let told = over(id, stream) { return told }
        if stream.gotHead { return fail(id, stream.isPeerDone ? .halfClosedStream : .malformedTrailers) }
        if status < 200 { return end ? fail(id, .badResponse) : [.head(id, [], isEnd: false)] }
        streams[id]!.gotHead = true
        let isEmpty = stream.isHead || status == 204 || status == 304
        streams[id]!.lengthLeft = isEmpty ? 0 : length
        if end && !isEmpty && (length ?? 0) > 0 { return fail(id, .lengthMismatch) }
        if end { peerEnds(id) }
        return [.head(id, [], isEnd: end)]
    }

    mutating func trailers(_ id: UInt32) -> [Told] {
        guard let stream = streams[id] else { return [.failed(.idleStream)] }
        if let told = over(id, stream) { return told }
        // Without a status it is no head.
        if !stream.gotHead { return fail(id, .malformedHead) }
        if stream.isPeerDone { return fail(id, .halfClosedStream) }
        if (stream.lengthLeft ?? 0) > 0 { return fail(id, .lengthMismatch) }
        peerEnds(id)
        return [.trailers(id, ["x: 1"])]
    }

    mutating func data(_ id: UInt32, _ bytes: [UInt8], end: Bool) -> [Told] {
        guard let stream = streams[id] else { return [.failed(.idleStream)] }
        if let told = over(id, stream) { return told }
        if stream.isPeerDone { return fail(id, .halfClosedStream) }
        if !stream.gotHead { return fail(id, .dataBeforeHead) }
        if let left = stream.lengthLeft, bytes.count > left || end && bytes.count < left {
            return fail(id, .lengthMismatch)
        }
        streams[id]!.lengthLeft = stream.lengthLeft.map { $0 - bytes.count }
        if end { peerEnds(id) }
        return (bytes.isEmpty ? [] : [.data(id, bytes)]) + (end ? [.end(id)] : [])
    }

    mutating func reset(_ id: UInt32) -> [Told] {
        guard let stream = streams[id] else { return [.failed(.idleStream)] }
        guard stream.isAlive else { return [] }
        streams[id]!.state = .peerReset
        return [.reset(id, .cancel)]
    }

    mutating func goAway(_ last: UInt32) -> [Told] {
        let lowest = min(last, goAway ?? last)
        goAway = lowest
        var told: [Told] = [.goAway(lowest, .noError)]
        for (id, stream) in streams.sorted(by: { $0.key < $1.key }) where stream.isAlive && id > lowest {
            streams[id]!.state = .weReset
            told.append(.reset(id, .refusedStream))
        }
        return told
    }

    // MARK: What we say

    mutating func weEnd(_ id: UInt32) {
        streams[id]!.state = streams[id]!.state == .halfClosedRemote ? .ended : .halfClosedLocal
    }

    mutating func weReset(_ id: UInt32) {
        streams[id]!.state = streams[id]!.isPeerDone ? .ended : .weReset
    }

    // MARK: Helpers

    /// What comes of a frame of a stream that is over; nil for one that is not.
    private func over(_ id: UInt32, _ stream: Stream) -> [Told]? {
        switch stream.state {
        case .ended: [.failed(.closedStream)]
        case .peerReset: [.streamRefused(.resetStream)]
        case .weReset: []
        case .open, .halfClosedLocal, .halfClosedRemote: nil
        }
    }

    private mutating func peerEnds(_ id: UInt32) {
        streams[id]!.state = streams[id]!.state == .halfClosedLocal ? .ended : .halfClosedRemote
    }

    private mutating func fail(_ id: UInt32, _ failure: HTTP2Failure) -> [Told] {
        weReset(id)
        return [.streamFailed(id, failure)]
    }
}
