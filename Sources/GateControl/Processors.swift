import CGateLinux
public import GateProxy

/// The processors that this process may use.
public enum Processors {
    /// At least 1; a CPU affinity mask (taskset, a container's cpuset) counts.
    public static var count: Int {
        Int(gate_processor_count())
    }
}

/// The number of descriptors that the process may open.
public enum DescriptorLimit {
    /// Raises the soft limit to the hard one.
    public static func raise() { _ = gate_raise_descriptor_limit() }
}

/// Takes messages of what has no log yet.
public struct SilentReporter: Reporter {
    public init() {}
    public func report(_ level: ReportLevel, _ message: String) {}
}
