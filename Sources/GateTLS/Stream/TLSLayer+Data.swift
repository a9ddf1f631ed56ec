// What the owner reads and writes.

import CGateLinux
import CNIOBoringSSL
import GateCore
import GateEngine
import Glibc

extension TLSLayer {
    func readPlaintext(_ socket: Socket, into buffer: inout ByteBuffer, max: Int) -> IOResult {
        guard !isDead else { return .failed(EPROTO) }
        let result = using(socket) { fill(&buffer, max, socket) }
        // What did not fill its room has taken all of its record.
        let mayPend = if case .bytes(let count) = result { count >= max } else { false }
        socket.setStaged(!waiting.isEmpty || mayPend && SSL_pending(ssl) > 0)
        return result
    }

    /// One record after another, as long as there is room and something to read.
    private func fill(_ buffer: inout ByteBuffer, _ max: Int, _ socket: Socket) -> IOResult {
        var total = 0
        while total < max {
            var result: Int32 = 0
            let count = buffer.withFreeRoom { room in
                result = SSL_read(ssl, room.baseAddress, Int32(clamping: Swift.min(room.count, max - total)))
                return Swift.max(0, Int(result))
            }
            guard count > 0 else {
                let outcome = outcome(of: result)
                if total == 0 { return outcome }
                // An end or an error is told when it is asked for again.
                if outcome != .wouldBlock { socket.assumeReadable() }
                break
            }
            total += count
            if ahead.isEmpty && waiting.isEmpty && !socket.isDescriptorReadable { break }
        }
        return .bytes(total)
    }

    func writePlaintext(
        _ socket: Socket, _ a: Span<UInt8>, _ b: Span<UInt8>, _ c: Span<UInt8>, more: Bool
    ) -> IOResult {
        guard !isDead, !isWriteBroken else { return .failed(EPIPE) }
        return using(socket) {
            a.withUnsafeBytes { a in
                b.withUnsafeBytes { b in
                    c.withUnsafeBytes { c in write(Pieces(a, b, c), socket, more) }
                }
            }
        }
    }

    private func write(_ pieces: consuming Pieces, _ socket: Socket, _ more: Bool) -> IOResult {
        let total = pieces.count
        var written = 0
        while written < total && socket.isWritable {
            let record = pieces.next(workspace.gathered)
            writesMore = more || written + record.count < total
            let result = SSL_write(ssl, record.baseAddress, Int32(record.count))
            guard result > 0 else {
                let outcome = brokenCode == 0 ? outcome(of: result) : unwritable()
                return written > 0 && outcome == .wouldBlock ? .bytes(written) : outcome
            }
            written += Int(result)
            pieces.consume(Int(result))
        }
        return written > 0 || total == 0 ? .bytes(written) : .wouldBlock
    }

    func hasPlaintext(_ socket: Socket) -> Bool {
        guard !isDead else { return true }
        // The kernel may know more than any event has told.
        socket.assumeReadable()
        var byte: UInt8 = 0
        let result = using(socket) { SSL_peek(ssl, &byte, 1) }
        let hasPlaintext = result > 0
        socket.setStaged(!waiting.isEmpty || hasPlaintext)
        // Tickets and new keys are no input.
        return hasPlaintext || outcome(of: result) != .wouldBlock
    }

    /// What a call that moved nothing came to.
    private func outcome(of result: Int32) -> IOResult {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return .wouldBlock
        case SSL_ERROR_ZERO_RETURN:
            hasPeerSaidGoodbye = true
            return .end
        case SSL_ERROR_SYSCALL:
            LibraryError.clear()
            if brokenCode != 0 { return broken() }
            return .end
        default:
            let error = LibraryError.take()
            isDead = true
            failure = TLSFailure(error, verifyResult: SSL_get_verify_result(ssl))
            return .failed(EPROTO)
        }
    }

    /// Nothing more can be written; what the other side has said before may still be read.
    private func unwritable() -> IOResult {
        LibraryError.clear()
        isWriteBroken = true
        defer { brokenCode = 0 }
        return .failed(brokenCode)
    }

    private func broken() -> IOResult {
        isDead = true
        failure = TLSFailure(.broken(brokenCode))
        return .failed(brokenCode)
    }
}

/// Up to three runs of bytes that are written as one.
private struct Pieces: ~Copyable {
    private var first: UnsafeRawBufferPointer
    private var second: UnsafeRawBufferPointer
    private var third: UnsafeRawBufferPointer

    init(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ c: UnsafeRawBufferPointer) {
        first = a
        second = b
        third = c
        skipEmpty()
    }

    var count: Int { first.count + second.count + third.count }

    /// The bytes of the next record: in place if they stand together, or else put together in `room`.
    func next(_ room: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
        let limit = room.count
        if first.count >= limit || second.isEmpty { return UnsafeRawBufferPointer(rebasing: first.prefix(limit)) }
        var count = 0
        Self.copy(first, into: room, &count)
        Self.copy(second, into: room, &count)
        Self.copy(third, into: room, &count)
        return UnsafeRawBufferPointer(rebasing: room[0..<count])
    }

    /// What fits of a piece, behind what is there.
    private static func copy(
        _ piece: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, _ count: inout Int
    ) {
        let taken = UnsafeRawBufferPointer(rebasing: piece.prefix(room.count - count))
        UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: taken)
        count += taken.count
    }

    mutating func consume(_ count: Int) {
        var left = count
        while left > 0 {
            let taken = min(left, first.count)
            first = UnsafeRawBufferPointer(rebasing: first[taken...])
            left -= taken
            skipEmpty()
        }
    }

    /// The first piece has bytes if any has.
    private mutating func skipEmpty() {
        if first.isEmpty {
            first = second
            second = third
            third = UnsafeRawBufferPointer(start: nil, count: 0)
        }
        if first.isEmpty && !second.isEmpty { skipEmpty() }
    }
}
