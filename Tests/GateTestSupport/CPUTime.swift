import Glibc

/// Milliseconds of CPU that the calling thread spends in `body`: what else the machine does leaves them as they are.
public func cpuMilliseconds(_ body: () throws -> Void) rethrows -> Int {
    let started = threadCPUNs()
    try body()
    return (threadCPUNs() - started) / 1_000_000
}

private func threadCPUNs() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
