internal import Glibc

/// A pause of a thread that may block.
enum ThreadPause {
    /// Waits.
    static func sleep(ms: Int) { usleep(UInt32(clamping: ms * 1000)) }
}
