// The only way into a loop from another thread.

import CGateLinux
import Synchronization

/// Messages for the owner of an event loop. Posting never blocks for longer than an append.
public final class Mailbox<Owner>: Sendable {
    public typealias Message = @Sendable (Owner) -> Void

    private struct State {
        var messages: [Message] = []
        var isOpen = true
        let descriptor: Int32
    }

    private let state: Mutex<State>

    public init(loop: EventLoop) { state = Mutex(State(descriptor: loop.wakeDescriptor)) }

    /// Puts a message into the box and wakes the loop.
    /// - Returns: false when the loop is gone; the message will never be handled then.
    @discardableResult
    public func post(_ message: @escaping Message) -> Bool {
        state.withLock { state in
            guard state.isOpen else { return false }
            state.messages.append(message)
            if state.messages.count == 1 { _ = gate_eventfd_signal(state.descriptor) }
            return true
        }
    }

    /// Handles all that has come. For the loop's `onWake`.
    public func drain(_ owner: Owner) {
        let messages = state.withLock { state in
            let all = state.messages
            state.messages = []
            return all
        }
        for message in messages { message(owner) }
    }

    /// Takes no more messages. Called by the loop's thread before the loop goes away.
    public func close() {
        state.withLock { state in
            state.isOpen = false
            state.messages = []
        }
    }
}
