// The loop's own record of a socket. Slots live in chunks that never move, so that a socket can point at its slot.

/// What is known of a socket's readiness.
public struct Readiness: OptionSet, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Reading may give bytes.
    @inlinable public static var readable: Readiness { Readiness(rawValue: 1) }
    /// Writing may take bytes.
    @inlinable public static var writable: Readiness { Readiness(rawValue: 2) }
    /// The other side will send no more: after the bytes that are there comes the end.
    @inlinable public static var readHangup: Readiness { Readiness(rawValue: 4) }
    /// Both directions are over, or the connection failed.
    @inlinable public static var hangup: Readiness { Readiness(rawValue: 8) }
    /// Waits in the loop's queue for `resumed()`.
    @inlinable static var queued: Readiness { Readiness(rawValue: 16) }
    /// A layer lies between the owner and the descriptor.
    @inlinable static var layered: Readiness { Readiness(rawValue: 32) }
    /// The layer holds bytes that nobody has read.
    @inlinable public static var staged: Readiness { Readiness(rawValue: 64) }
}

@usableFromInline
struct Slot {
    @usableFromInline var descriptor: Int32 = -1
    @usableFromInline var generation: UInt32 = 0
    @usableFromInline var index: Int32
    @usableFromInline var readiness: Readiness = []
    /// Milliseconds of the loop's clock; `Slot.never` when there is none.
    @usableFromInline var deadlineMs: UInt64 = Slot.never
    /// When the wheel looks at the deadline next.
    @usableFromInline var filedMs: UInt64 = Slot.never
    @usableFromInline var handler: Unmanaged<EventHandler>?
    @usableFromInline var layer: Unmanaged<SocketLayer>?
    @usableFromInline unowned(unsafe) var loop: EventLoop

    @usableFromInline static let never = UInt64.max

    init(index: Int32, loop: EventLoop) {
        self.index = index
        self.loop = loop
    }
}
