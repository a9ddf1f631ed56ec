internal import CGateLinux
internal import GateEngine
internal import Glibc

/// Wakes a thread when something changes in some folders (inotify(7)), or when another thread wants it.
///
/// `wait` and `watch` belong to one thread; `wake` may be called by any.
final class FolderWatch: Sendable {
    private let events: Int32
    private let alarm: Int32

    /// - Throws: `SystemError` when the kernel has no more of either.
    init() throws(SystemError) {
        events = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard events >= 0 else { throw SystemError("watch folders", code: Int(errno)) }
        let number = gate_eventfd()
        alarm = Int32(truncatingIfNeeded: number)
        guard number >= 0 else {
            close(events)
            throw SystemError("watch folders", code: number)
        }
    }

    deinit {
        close(events)
        close(alarm)
    }

    /// Watches these folders besides those it watches already. One that is not there is passed over.
    func watch(_ folders: Set<String>) {
        let mask =
            IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF
            | IN_MOVE_SELF | IN_ONLYDIR
        for folder in folders { inotify_add_watch(events, folder, UInt32(mask)) }
    }

    /// Ends a wait.
    func wake() {
        gate_eventfd_signal(alarm)
    }

    /// Waits for a change, for `wake`, or for at most so many milliseconds.
    /// - Returns: true if something has changed in a folder.
    func wait(ms: Int) -> Bool {
        var polled = [
            pollfd(fd: events, events: Int16(POLLIN), revents: 0), pollfd(fd: alarm, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&polled, 2, Int32(clamping: ms)) > 0 else { return false }
        gate_eventfd_drain(alarm)
        return readEvents()
    }

    /// Reads all that there is. What the events say does not matter: the files are looked at.
    private func readEvents() -> Bool {
        var room = [UInt8](repeating: 0, count: 4096)
        var hasRead = false
        while read(events, &room, room.count) > 0 { hasRead = true }
        return hasRead
    }
}
