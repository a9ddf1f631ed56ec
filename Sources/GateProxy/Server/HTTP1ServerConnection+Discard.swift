// An answer that nobody wants: what is left of it is read past when it is little, so that the connection serves on.

import GateCore
import GateEngine

extension HTTP1ServerConnection {
    /// Bytes that are read past; more is not worth it.
    private static let discardBytesMax = 64 << 10
    private static let discardMs = 1000

    /// The exchange goes elsewhere with the final head just read.
    func discard() {
        exchange = nil
        discarded = 0
        guard isPersistent, isRequestSent, !body.endsWithClose, body.spliceableCount <= Self.discardBytesMax else {
            return close()
        }
        if body.isDone { return discardedAll() }
        state = .discarding
        setDeadline(Self.discardMs)
    }

    private func discardedAll() {
        part = .done
        release()
    }

    /// Reads past body, and answers how much.
    func discard(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var at = start
        while state == .discarding {
            switch body.next(bytes, from: at) {
            case .data(let range):
                discarded += range.count
                at = range.upperBound
                if discarded > Self.discardBytesMax { close() } else if body.isDone { discardedAll() }
            case .needMore: return bytes.count
            case .end(let next):
                discardedAll()
                return next
            case .trailers, .invalid: close()
            }
        }
        return at
    }
}
