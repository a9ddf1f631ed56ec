// What this process holds open, to find what a proxy left behind.

/// The open descriptors of this process at one moment, each with what it stands for.
public struct OpenDescriptors: Sendable {
    /// `socket:[123]`, `anon_inode:[eventpoll]`, a path: one for each descriptor number.
    public let targets: [Int: String]

    /// Looks at `/proc/self/fd`.
    public init() {
        var targets: [Int: String] = [:]
        for name in listDirectory("/proc/self/fd") {
            guard let number = Int(name), let target = targetOfLink("/proc/self/fd/\(name)") else { continue }
            targets[number] = target
        }
        // The directory that was just listed has no business here.
        self.targets = targets.filter { !$0.value.hasSuffix("/fd") }
    }

    public var count: Int { targets.count }

    /// What is open now and was not before.
    public func added(since before: OpenDescriptors) -> [String] {
        targets.filter { before.targets[$0.key] != $0.value }.map { "\($0.key) \($0.value)" }.sorted()
    }
}

/// Kilobytes of memory that this process has resident.
public func residentKiB() -> Int {
    for line in textOfFile("/proc/self/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
        return Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "") ?? 0
    }
    return 0
}
