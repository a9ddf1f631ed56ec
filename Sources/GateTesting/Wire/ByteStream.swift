// What tests do with any stream of bytes, whatever carries it: clear text, or TLS over it.

internal import GateCore
internal import Glibc
internal import Synchronization

/// A connection's bytes in order, with blocking calls that all have a bound. It knows nothing of HTTP; what does is in
/// extensions of it.
public protocol ByteStream: Sendable {
    /// Sends all bytes; throws when the other side has gone or takes nothing within the bound.
    func send(_ bytes: [UInt8], within bound: Duration) throws
    /// Bytes as they come, at least one; none at the end of the stream. Passes over `unread`: `readSome` does not.
    func receive(_ deadline: Deadline) throws -> [UInt8]
    /// Bytes that a call received and did not need.
    var unread: UnreadBytes { get }
}

/// Bytes that wait for the next call.
public final class UnreadBytes: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var isEmpty: Bool { bytes.withLock { $0.isEmpty } }

    func takeAll() -> [UInt8] {
        bytes.withLock { bytes in
            let taken = bytes
            bytes = []
            return taken
        }
    }

    func putBack(_ rest: [UInt8]) { bytes.withLock { $0 = rest + $0 } }
}

extension ByteStream {
    /// Sends all bytes.
    public func send(_ bytes: [UInt8]) throws { try send(bytes, within: Deadline.usual) }

    /// Sends text as UTF-8.
    public func send(_ text: String, within bound: Duration = Deadline.usual) throws {
        try send(Array(text.utf8), within: bound)
    }

    /// Sends `count` bytes at a time, and waits `every` in between so that they arrive apart.
    public func send(_ text: String, inPiecesOf count: Int, every: Duration = .milliseconds(1)) throws {
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: count) {
            try send(Array(bytes[start..<min(start + count, bytes.count)]))
            poll(nil, 0, Int32(every.nanoseconds / 1_000_000))
        }
    }
}

extension ByteStream {
    /// The next bytes, at least one; none at the end of the stream.
    public func readSome(within bound: Duration = Deadline.usual) throws -> [UInt8] {
        let kept = unread.takeAll()
        return kept.isEmpty ? try receive(Deadline(within: bound)) : kept
    }

    /// Exactly `count` bytes; throws with what it had when the stream ends before or the bound passes.
    public func read(exactly count: Int, within bound: Duration = Deadline.usual) throws -> [UInt8] {
        try read(within: bound) { $0.count >= count ? count : nil }
    }

    /// Reads `count` bytes and forgets them, for bodies that no test wants to hold.
    public func discard(exactly count: Int, within bound: Duration = Deadline.usual) throws {
        let deadline = Deadline(within: bound)
        var left = count
        while left > 0 {
            var piece = unread.takeAll()
            if piece.isEmpty { piece = try receive(deadline) }
            guard !piece.isEmpty else { throw WireFailure(.ended) }
            if piece.count > left { unread.putBack(Array(piece[left...])) }
            left -= min(left, piece.count)
        }
    }

    /// All bytes up to and with `pattern`.
    public func read(until pattern: String, within bound: Duration = Deadline.usual) throws -> String {
        let wanted = Array(pattern.utf8)
        var searched = 0
        let bytes = try read(within: bound) { bytes in
            let found = find(wanted, in: bytes, from: max(0, searched - wanted.count + 1))
            searched = bytes.count
            return found.map { $0 + wanted.count }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// All bytes until the other side ends its stream; throws when it resets instead.
    public func readToEnd(within bound: Duration = Deadline.usual) throws -> [UInt8] {
        let deadline = Deadline(within: bound)
        var bytes = unread.takeAll()
        while true {
            do {
                let piece = try receive(deadline)
                if piece.isEmpty { return bytes }
                bytes += piece
            } catch let failure as WireFailure {
                throw WireFailure(failure.kind, had: bytes)
            }
        }
    }

    /// Waits for the end of the stream and throws when something else comes, a reset included.
    public func expectEnd(within bound: Duration = Deadline.usual) throws {
        let bytes = try readToEnd(within: bound)
        guard bytes.isEmpty else { throw WireFailure(.malformed("bytes where the end was due"), had: bytes) }
    }

    /// Waits for the connection to be over, by FIN or reset, and passes over what comes before.
    public func waitForEnd(within bound: Duration = Deadline.usual) throws {
        do { _ = try readToEnd(within: bound) } catch let failure as WireFailure where failure.isEnd {}
    }

    /// Reads until `end` says where the wanted bytes end; the rest stays for the next call.
    func read(within bound: Duration, until end: ([UInt8]) throws -> Int?) throws -> [UInt8] {
        let deadline = Deadline(within: bound)
        var bytes = unread.takeAll()
        while true {
            if let end = try end(bytes) {
                let rest = Array(bytes[end...])
                if !rest.isEmpty { unread.putBack(rest) }
                bytes.removeSubrange(end...)
                return bytes
            }
            do {
                let piece = try receive(deadline)
                guard !piece.isEmpty else { throw WireFailure(.ended) }
                bytes += piece
            } catch let failure as WireFailure {
                throw WireFailure(failure.kind, had: bytes)
            }
        }
    }
}

/// Where `pattern` begins in `bytes`, at or after `start`.
func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
    guard !pattern.isEmpty, bytes.count >= pattern.count + start else { return nil }
    var at = start
    let last = bytes.count - pattern.count
    return bytes.withUnsafeBytes { bytes in
        pattern.withUnsafeBytes { pattern in
            while at <= last, let hit = memchr(bytes.baseAddress! + at, Int32(pattern[0]), last + 1 - at) {
                at = UnsafeRawPointer(hit) - bytes.baseAddress!
                if memcmp(hit, pattern.baseAddress!, pattern.count) == 0 { return at }
                at += 1
            }
            return nil
        }
    }
}
