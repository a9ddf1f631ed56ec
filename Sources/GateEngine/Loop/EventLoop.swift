// One thread's loop: waits for readiness, notes it, and tells the owners. It knows sockets and deadlines, no protocol.

import CGateLinux
public import GateCore

/// An edge-triggered epoll loop. It belongs to the thread that runs it; others reach it through its `Mailbox` only.
public final class EventLoop {
    private static let eventsMax = 512

    private let epoll: Int32
    private let wake: Int32
    private var slots: SlotTable {
        unsafeAddress { unsafe slotsPin.reading }
        unsafeMutableAddress { unsafe slotsPin.address }
    }
    private var wheel: TimerWheel {
        unsafeAddress { unsafe wheelPin.reading }
        unsafeMutableAddress { unsafe wheelPin.address }
    }
    private var queue: ContiguousArray<UnsafeMutablePointer<Slot>> {
        unsafeAddress { unsafe queuePin.reading }
        unsafeMutableAddress { unsafe queuePin.address }
    }
    private var running: ContiguousArray<UnsafeMutablePointer<Slot>> {
        unsafeAddress { unsafe runningPin.reading }
        unsafeMutableAddress { unsafe runningPin.address }
    }
    private var graveyard: ContiguousArray<Unmanaged<EventHandler>> {
        unsafeAddress { unsafe graveyardPin.reading }
        unsafeMutableAddress { unsafe graveyardPin.address }
    }
    private var deferred: [() -> Void] {
        unsafeAddress { unsafe deferredPin.reading }
        unsafeMutableAddress { unsafe deferredPin.address }
    }
    private var isStopping = false
    private let events: UnsafeMutablePointer<epoll_event>

    /// Nanoseconds of the monotonic clock, read once a round.
    @inlinable public var nowNs: UInt64 { unsafe timePin.address.pointee.ns }
    /// Milliseconds of the same clock.
    @inlinable public var nowMs: UInt64 { unsafe timePin.address.pointee.ms }
    /// As many milliseconds from now, on the same clock; 0 is never, `UInt64.max`.
    @inlinable public func due(_ ms: Int) -> UInt64 { ms > 0 ? nowMs + UInt64(ms) : .max }

    @usableFromInline
    struct Time {
        @usableFromInline var ns: UInt64
        @usableFromInline var ms: UInt64
    }

    @usableFromInline let timePin: Pinned<Time>

    // What is hot has an address of its own: see `Pinned`.
    private let slotsPin = Pinned<SlotTable>(SlotTable())
    private let wheelPin = Pinned<TimerWheel>(TimerWheel(nowMs: Clock.monotonicNs() / 1_000_000))
    private let queuePin = Pinned<ContiguousArray<UnsafeMutablePointer<Slot>>>([])
    private let runningPin = Pinned<ContiguousArray<UnsafeMutablePointer<Slot>>>([])
    private let deferredPin = Pinned<[() -> Void]>([])
    private let graveyardPin = Pinned<ContiguousArray<Unmanaged<EventHandler>>>([])

    /// - Throws: when the kernel has no descriptor left.
    public init() throws(SystemError) {
        epoll = Int32(try SystemError.check("epoll_create", gate_epoll_create()))
        wake = Int32(try SystemError.check("eventfd", gate_eventfd()))
        timePin = Pinned(Time(ns: 0, ms: 0))
        events = .allocate(capacity: Self.eventsMax)
        readClock()
        _ = try SystemError.check("epoll_ctl", gate_epoll_add_level(epoll, wake, Self.wakeToken))
    }

    deinit {
        _ = gate_close(epoll)
        _ = gate_close(wake)
        events.deallocate()
        timePin.free()
        slotsPin.free()
        wheelPin.free()
        queuePin.free()
        runningPin.free()
        graveyardPin.free()
        deferredPin.free()
    }

    private static let wakeToken = UInt64.max

    /// The descriptor that other threads signal to wake the loop. Valid while the loop lives.
    public var wakeDescriptor: Int32 { wake }

    /// Sockets that are open in this loop.
    public var openCount: Int { slots.usedCount }

    /// Runs until `stop()`.
    public func run(_ owner: LoopOwner) {
        var waitMsMax: Int32 = -1
        while !isStopping { waitMsMax = round(owner, waitMsMax: waitMsMax) }
    }

    private func readClock() {
        let ns = Clock.monotonicNs()
        timePin.address.pointee = Time(ns: ns, ms: ns / 1_000_000)
    }

    /// Ends `run()` after the current round.
    public func stop() { isStopping = true }

    /// Waits for readiness once and handles all of it.
    private func round(_ owner: LoopOwner, waitMsMax: Int32) -> Int32 {
        let count = gate_epoll_wait(epoll, events, Int32(Self.eventsMax), waitMs(waitMsMax))
        readClock()
        var i = 0
        while i < count {
            dispatch(events + i, owner)
            i &+= 1
        }
        expireDeadlines()
        runQueue()
        let next = owner.roundEnded()
        buryHandlers()
        return next
    }

    /// Calls `body` once after the events of this round. For rare things: it allocates.
    public func later(_ body: @escaping () -> Void) { deferred.append(body) }

    private func waitMs(_ waitMsMax: Int32) -> Int32 {
        if !queue.isEmpty || !deferred.isEmpty { return 0 }
        guard let delay = wheel.delayMs(nowMs: nowMs) else { return waitMsMax }
        let ms = Int32(clamping: delay + 1)
        return waitMsMax >= 0 ? min(ms, waitMsMax) : ms
    }

    private func dispatch(_ event: UnsafeMutablePointer<epoll_event>, _ owner: LoopOwner) {
        let token = gate_epoll_token(event)
        if token == Self.wakeToken {
            _ = gate_eventfd_drain(wake)
            owner.woke()
            return
        }
        let slot = slots[Int(token & 0xFFFF_FFFF)]
        guard slot.pointee.generation == UInt32(truncatingIfNeeded: token >> 32), let handler = slot.pointee.handler
        else {
            return
        }
        note(event.pointee.events, slot)
        // Safe: the slot's reference is released in buryHandlers at the earliest, after this round.
        handler._withUnsafeGuaranteedRef { $0.ready() }
    }

    @inline(__always)
    private func note(_ bits: UInt32, _ slot: UnsafeMutablePointer<Slot>) {
        var readiness = slot.pointee.readiness
        if bits & UInt32(GATE_EPOLL_READ) != 0 { readiness.insert(.readable) }
        if bits & UInt32(GATE_EPOLL_WRITE) != 0 { readiness.insert(.writable) }
        if bits & UInt32(GATE_EPOLL_READ_HANGUP) != 0 { readiness.formUnion([.readable, .readHangup]) }
        if bits & UInt32(GATE_EPOLL_HANGUP | GATE_EPOLL_ERROR) != 0 {
            readiness.formUnion([.readable, .writable, .readHangup, .hangup])
        }
        slot.pointee.readiness = readiness
    }

    private func expireDeadlines() {
        while let index = wheel.next(nowMs: nowMs) {
            let slot = slots[index]
            let deadline = slot.pointee.deadlineMs
            slot.pointee.filedMs = Slot.never
            guard deadline != Slot.never, let handler = slot.pointee.handler else { continue }
            if deadline <= nowMs {
                slot.pointee.deadlineMs = Slot.never
                handler._withUnsafeGuaranteedRef { $0.deadlinePassed() }
            } else {
                file(slot, deadline)
            }
        }
    }

    private func runQueue() {
        if !deferred.isEmpty { runDeferred() }
        guard !queue.isEmpty else { return }
        swap(&queue, &running)
        for slot in running {
            guard slot.pointee.readiness.contains(.queued) else { continue }
            slot.pointee.readiness.remove(.queued)
            slot.pointee.handler?._withUnsafeGuaranteedRef { $0.resumed() }
        }
        running.removeAll(keepingCapacity: true)
    }

    private func runDeferred() {
        let bodies = deferred
        deferred = []
        for body in bodies { body() }
    }

    private func buryHandlers() {
        guard !graveyard.isEmpty else { return }
        // A deinit may close further sockets; they wait for the next round.
        let dead = graveyard
        graveyard.removeAll(keepingCapacity: true)
        for handler in dead { handler.release() }
    }

    // MARK: Sockets

    /// How a descriptor is watched.
    public enum Watch: Sendable {
        /// A stream: read, write and hang-up, edge-triggered.
        case stream
        /// A listening socket of this loop alone.
        case accept
        /// A listening socket that several loops watch.
        case sharedAccept
    }

    /// Gives a descriptor to the loop, which owns it from now on (it is closed when the call fails).
    /// A stream counts as writable from the start when `isConnected`, and as readable never.
    public func add(
        _ descriptor: Int32, watch: Watch, handler: EventHandler, isConnected: Bool = true
    ) throws(SystemError) -> Socket {
        let slot = slots.take(for: self)
        slot.pointee.descriptor = descriptor
        slot.pointee.readiness = isConnected ? .writable : []
        slot.pointee.deadlineMs = Slot.never
        let result = register(slot, watch)
        if result < 0 {
            slots.giveBack(slot)
            _ = gate_close(descriptor)
            throw SystemError("epoll_ctl", code: result)
        }
        slot.pointee.handler = .passRetained(handler)
        return Socket(slot: slot)
    }

    private func register(_ slot: UnsafeMutablePointer<Slot>, _ watch: Watch) -> Int {
        let token = UInt64(slot.pointee.generation) << 32 | UInt64(slot.pointee.index)
        let descriptor = slot.pointee.descriptor
        return switch watch {
        case .stream: gate_epoll_add_edge(epoll, descriptor, token)
        case .accept: gate_epoll_add_level(epoll, descriptor, token)
        case .sharedAccept: gate_epoll_add_exclusive(epoll, descriptor, token)
        }
    }

    /// Stops watching without closing: for listening sockets that pause.
    func pause(_ slot: UnsafeMutablePointer<Slot>) { _ = gate_epoll_remove(epoll, slot.pointee.descriptor) }

    func unpause(_ slot: UnsafeMutablePointer<Slot>, _ watch: Watch) { _ = register(slot, watch) }

    /// Closes every socket that is still open.
    public func closeAll() {
        for index in 0..<slots.count where slots[index].pointee.handler != nil { close(slots[index]) }
        buryHandlers()
    }

    /// Calls `body` with the owner of every open socket. Sockets may be closed meanwhile.
    public func forEachHandler(_ body: (EventHandler) -> Void) {
        for index in 0..<slots.count {
            if let handler = slots[index].pointee.handler { handler._withUnsafeGuaranteedRef { body($0) } }
        }
    }

    @usableFromInline
    func close(_ slot: UnsafeMutablePointer<Slot>) {
        guard let handler = slot.pointee.handler else { return }
        if let layer = slot.pointee.layer {
            slot.pointee.layer = nil
            layer._withUnsafeGuaranteedRef { $0.socketCloses(Socket(slot: slot)) }
            layer.release()
        }
        if slot.pointee.descriptor >= 0 { _ = gate_close(slot.pointee.descriptor) }
        if slot.pointee.filedMs != Slot.never {
            wheel.remove(Int(slot.pointee.index))
            slot.pointee.filedMs = Slot.never
        }
        slots.giveBack(slot)
        graveyard.append(handler)
    }

    /// Another handler owns the slot from now on. The one before stays alive until the round ends.
    func handOver(_ slot: UnsafeMutablePointer<Slot>, to handler: EventHandler) {
        guard let former = slot.pointee.handler else { return }
        slot.pointee.handler = .passRetained(handler)
        graveyard.append(former)
    }

    @usableFromInline
    func file(_ slot: UnsafeMutablePointer<Slot>, _ deadlineMs: UInt64) {
        slot.pointee.filedMs = deadlineMs
        wheel.file(Int(slot.pointee.index), deadlineMs: deadlineMs)
    }

    @usableFromInline
    func enqueue(_ slot: UnsafeMutablePointer<Slot>) {
        slot.pointee.readiness.insert(.queued)
        queue.append(slot)
    }
}
