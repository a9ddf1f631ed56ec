import GateCore
import GateEngine

/// A worker's empty pipes. Not thread safe.
struct PipePool {
    /// Bytes asked of the kernel for each pipe.
    static let pipeBytes = 1 << 20
    private static let keptMax = 32

    private var kept: ContiguousArray<SplicePipe> = []
    private(set) var outCount = 0
    private var isRefused = false

    /// A pipe, or nil when the kernel gives none; bytes are copied then.
    mutating func take() -> SplicePipe? {
        if let pipe = kept.popLast() {
            outCount += 1
            return pipe
        }
        guard let pipe = SplicePipe(capacity: Self.pipeBytes) else { return nil }
        outCount += 1
        return pipe
    }

    /// Gives a pipe back. One that still holds bytes is closed, and they are lost with it.
    mutating func give(_ pipe: SplicePipe) {
        outCount -= 1
        if pipe.held == 0 && kept.count < Self.keptMax { kept.append(pipe) }
    }
}
