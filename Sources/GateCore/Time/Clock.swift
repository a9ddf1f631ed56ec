public import CGateLinux

/// The machine's clocks.
public enum Clock {
    /// Nanoseconds of the monotonic clock: for durations and deadlines.
    @inlinable public static func monotonicNs() -> UInt64 { gate_monotonic_ns() }
    /// Nanoseconds since 1970 (UTC): for what people read.
    @inlinable public static func wallNs() -> UInt64 { gate_wall_ns() }
}
