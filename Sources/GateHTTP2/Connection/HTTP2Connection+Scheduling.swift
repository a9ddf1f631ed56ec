// Who sends next. RFC 9218 §10.

import GateCore
import GateHTTP

extension HTTP2Connection {
    /// Whether the owner has data waiting for this stream.
    package mutating func wantsToSend(_ stream: HTTP2StreamIndex, _ wants: Bool) {
        let slot = stream.slot
        guard streams[slot].flags.contains(.isOpen), !streams[slot].flags.contains(.weEnded) else { return }
        if wants { streams[slot].flags.insert(.wants) } else { streams[slot].flags.remove(.wants) }
        refreshTurn(slot)
    }

    /// Whose turn it is: a stream that wants to send and has window. nil: nobody can.
    ///
    /// The caller sends one frame's worth (`dataFrameBytes`) for it, or says that it has nothing (`wantsToSend`), and
    /// asks again. Streams of higher urgency first; among equals one after the other in order of identifier, incremental
    /// ones in turns. A peer that never spoke of priorities gets turns for all.
    package mutating func nextSender() -> HTTP2StreamIndex? {
        guard sendWindow > 0, failure == nil, let slot = queue.next() else { return nil }
        return HTTP2StreamIndex(slot: slot)
    }

    /// Whether `nextSender` would name a stream; nobody's turn passes.
    package var hasSender: Bool { sendWindow > 0 && failure == nil && !queue.isEmpty }

    /// Puts the stream where its state says.
    @inline(__always)
    mutating func refreshTurn(_ slot: Int) {
        let stream = streams[slot]
        guard stream.flags.contains(.isOpen) else { return }
        let isReady = stream.flags.contains(.wants) && stream.sendWindow > 0
        let lane = SendQueue.lane(
            urgency: stream.urgency, isIncremental: stream.flags.contains(.isIncremental))
        queue.setReady(Int(stream.order), lane: isReady ? lane : nil)
    }

    /// Changes a stream's priority, as its owner or the peer wants it.
    package mutating func setPriority(_ stream: HTTP2StreamIndex, _ priority: HTTP2Priority) {
        setPriority(stream.slot, priority)
    }

    mutating func setPriority(_ slot: Int, _ priority: HTTP2Priority) {
        streams[slot].urgency = priority.urgency
        if priority.isIncremental {
            streams[slot].flags.insert(.isIncremental)
        } else {
            streams[slot].flags.remove(.isIncremental)
        }
        refreshTurn(slot)
    }

    /// A new request's priority: PRIORITY_UPDATE that came before it, its Priority field, or the default.
    mutating func readPriority(_ id: UInt32, _ slot: Int, _ workspace: HTTP2Workspace) -> HTTP2Priority {
        var priority = HTTP2Priority()
        let field = workspace.facts.priorityRange
        if !field.isEmpty {
            speaksPriorities = true
            priority = HTTP2Priority(field: workspace.head.received.span.extracting(field))
        }
        if let update = futurePriorities.take(id) { priority = update }
        setPriority(slot, priority)
        if !speaksPriorities { streams[slot].flags.insert(.isIncremental) }
        return priority
    }

    /// A server's word on its response's priority is heard, too. RFC 9218 §8.
    mutating func takeResponsePriority(_ slot: Int, _ head: borrowing MessageHead) {
        for index in 0..<head.fieldCount {
            let record = head.field(index)
            guard record.known == 0, record.nameCount == 8, !record.isRemoved,
                ASCII.matches(head.name(index), "priority")
            else { continue }
            let base = HTTP2Priority(
                urgency: streams[slot].urgency, isIncremental: streams[slot].flags.contains(.isIncremental))
            setPriority(slot, HTTP2Priority(field: head.value(index), over: base))
        }
    }
}
