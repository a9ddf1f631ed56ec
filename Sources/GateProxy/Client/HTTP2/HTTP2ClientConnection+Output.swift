// What goes to the client: the frames of all streams of a round in one write.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

extension HTTP2ClientConnection {
    /// Frames that are gathered before they are written, while the round goes on.
    static let gatherBytes = 64 << 10

    /// Makes sure that there is storage to write frames into.
    @inline(__always)
    func prepareOut() {
        if out.capacity == 0 { out = worker.pool.take() }
    }

    /// Whether a stream may put body into `out` now: there is room, and nobody waits who comes first.
    var takesBody: Bool { out.count < Self.gatherBytes && !hasSenders }

    /// Whether a stream waits that may send.
    private var hasSenders: Bool { waitingCount > 0 && core.hasSender }

    /// Frames of a stream's body, as much as windows allow, written when there are many. Answers how much went.
    /// `isLast`: the stream's end comes next, and wants to stand on the last of the frames.
    func send(_ bytes: Span<UInt8>, on index: HTTP2StreamIndex, isLast: Bool) -> Int {
        var sent = 0
        if !isLast && bytes.count >= HTTP2Connection.dataFrameBytes && takesUncopied {
            sent = sendUncopied(bytes, on: index)
        }
        while sent < bytes.count && takesBody {
            let rest = bytes.extracting(sent..<bytes.count)
            if rest.count > out.freeCount { widenOut() }
            let taken = core.sendData(index, rest, isEnd: false, into: &out)
            if taken == 0 { break }
            sent += taken
            if out.count >= Self.gatherBytes { writeNow() }
        }
        if sent > 0 { later() }
        return sent
    }

    private var takesUncopied: Bool { takesBody && socket.isWritable && !socket.isLayered }

    /// Frames whose data the kernel takes from where it lies, behind all that waits. Answers how much is on its way.
    private func sendUncopied(_ bytes: Span<UInt8>, on index: HTTP2StreamIndex) -> Int {
        if out.freeCount < Socket.piecesMax * HTTP2Connection.frameHeaderBytes { widenOut() }
        let front = out.count
        let count = core.sendDataHeaders(index, bytes: bytes.count, frames: Socket.piecesMax, into: &out)
        guard count > 0 else { return 0 }
        let body = bytes.extracting(0..<count)
        let result = socket.write(
            front: out.span.extracting(0..<front), heads: out.span.extracting(front..<out.count),
            headBytes: HTTP2Connection.frameHeaderBytes, body: body, pieceBytes: HTTP2Connection.dataFrameBytes)
        switch result {
        case .bytes(let written):
            if written == out.count + count { out.removeAll() } else { keepUnwritten(body, written, front: front) }
            noteWritten(written)
        case .wouldBlock: keepUnwritten(body, 0, front: front)
        case .failed, .end: breakOff()
        }
        return count
    }

    /// What the kernel did not take waits in `out`, in the order of the wire. `front`: bytes of `out` before the headers.
    private func keepUnwritten(_ body: Span<UInt8>, _ written: Int, front: Int) {
        let headBytes = HTTP2Connection.frameHeaderBytes
        var heads = worker.pool.take()
        heads.append(out.span, front..<out.count)
        out.dropLast(heads.count)
        out.consume(min(written, front))
        if heads.count + body.count > out.freeCount { widenOut() }
        var skipped = max(0, written - front)
        var at = 0
        for head in stride(from: 0, to: heads.count, by: headBytes) {
            let end = min(at + HTTP2Connection.dataFrameBytes, body.count)
            appendRest(heads.span.extracting(head..<(head + headBytes)), &skipped)
            appendRest(body.extracting(at..<end), &skipped)
            at = end
        }
        worker.pool.give(heads.takeOut())
    }

    private func appendRest(_ bytes: Span<UInt8>, _ skipped: inout Int) {
        let from = min(skipped, bytes.count)
        skipped -= from
        out.append(bytes, from..<bytes.count)
    }

    /// Body goes where there is room for a lot of it.
    func widenOut() {
        guard !isOutWide else { return }
        isOutWide = true
        var wide = worker.http2Output.take()
        wide.append(out.span)
        if out.capacity > 0 { worker.pool.give(out.takeOut()) }
        out = wide
    }

    /// Gives storage back that nothing waits in.
    func releaseOut() {
        guard out.isEmpty, out.capacity > 0 else { return }
        discardOut()
    }

    func discardOut() {
        guard out.capacity > 0 else { return }
        if isOutWide {
            isOutWide = false
            worker.http2Output.give(out.takeOut())
        } else {
            worker.pool.give(out.takeOut())
        }
    }

    /// The end of the round: streams that wait have their turns in the order that the client wants (RFC 9218), and all is
    /// written.
    func writeOut() {
        var turns = Self.writesMax
        repeat {
            fill()
            guard state == .open, !out.isEmpty else { break }
            writeNow()
            turns -= 1
        } while state == .open && out.isEmpty && hasSenders && turns > 0
        guard state == .open else { return }
        if core.hasFailed { return coreDeadlinePassed(worker.loop.nowMs) }
        // The others have their turn.
        if turns == 0 && socket.isWritable { later() }
        if owesRoom && out.isEmpty { reportRoom() }
        guard state == .open else { return }
        releaseOut()
        noteStall()
        armDeadline()
        if isDraining { closeIfDrained() }
    }

    /// Writes in a row before other connections have their turn.
    private static let writesMax = 16

    /// Takes frames from streams that wait, until there is enough for one write.
    private func fill() {
        guard socket.isWritable else { return }
        while waitingCount > 0, out.count < Self.gatherBytes, let index = core.nextSender() {
            prepareOut()
            guard let stream = stream(index) else { return }
            stream.with { $0.sendWaiting() }
            guard state == .open else { return }
        }
    }

    /// All is written: streams that were stopped for want of room may go on.
    private func reportRoom() {
        owesRoom = false
        for slot in 0..<streams.count {
            if let stream = streams[slot], stream.with({ $0.owesDrained && $0.bodyOut.isEmpty }) {
                stream.object.reportDrained()
            }
        }
    }

    /// Gives the kernel what waits, as far as it takes it.
    func writeNow() {
        guard !out.isEmpty, socket.isWritable else { return }
        switch socket.write(out.span) {
        case .bytes(let count):
            out.consume(count)
            noteWritten(count)
        case .wouldBlock: break
        case .failed, .end: breakOff()
        }
    }

    /// The connection is of no more use. Not closed from inside a stream's call.
    private func breakOff() {
        isBroken = true
        out.removeAll()
        later()
    }

    private func noteWritten(_ count: Int) {
        guard writeDueMs != .max else { return }
        writeDueMs = worker.loop.due(listener.plan.timeouts.writeMs)
        outputRate.add(count)
    }

    /// While the kernel takes nothing, or the client gives the connection no window, the client's time runs.
    private func noteStall() {
        if out.isEmpty && !(waitingCount > 0 && core.isShut) {
            writeDueMs = .max
            outputRate.pause(worker.loop.nowMs)
        } else if writeDueMs == .max {
            writeDueMs = worker.loop.due(listener.plan.timeouts.writeMs)
            outputRate.resume(worker.loop.nowMs)
        }
    }
}

/// The size of buffers for many frames.
enum HTTP2OutputPool {
    /// What is gathered, one piece of body on top of it, and the heads of its frames.
    static let bufferBytes = 128 << 10
}
