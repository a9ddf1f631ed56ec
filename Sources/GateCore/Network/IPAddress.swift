// An IP address as a value of 128 bits. No names, no ports, no scopes: those belong to whoever resolves or connects.

/// An IPv4 or IPv6 address.
///
/// An IPv4 address is held as its IPv4-mapped IPv6 form (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so `1.2.3.4` and
/// `::ffff:1.2.3.4` are the same value, and that value says that it is IPv4.
public struct IPAddress: Hashable, Sendable {
    /// The first 64 bits, in host order. Zero for IPv4.
    public let high: UInt64
    /// The last 64 bits, in host order. `0x0000_ffff_AABB_CCDD` for IPv4.
    public let low: UInt64

    /// Makes an address from its 128 bits; the IPv4-mapped range becomes IPv4.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes an IPv4 address from its 32 bits in host order.
    @inlinable
    public init(v4 bits: UInt32) {
        self.init(high: 0, low: 0x0000_ffff_0000_0000 | UInt64(bits))
    }

    /// Makes an IPv4 address from its four octets.
    @inlinable
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        self.init(v4: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
    }

    /// True for IPv4, and so also for what was written as IPv4-mapped IPv6.
    @inlinable
    public var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// The 32 bits in host order; meaningless unless `isIPv4`.
    @inlinable
    public var v4: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// All 128 bits as one number.
    @inlinable
    public var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// `127.0.0.0/8` or `::1`.
    @inlinable
    public var isLoopback: Bool { isIPv4 ? low >> 24 & 0xff == 127 : high == 0 && low == 1 }

    /// `0.0.0.0` or `::`, which a listener reads as every address of the machine.
    @inlinable
    public var isUnspecified: Bool { self == .any || self == .anyIPv4 }

    /// `::`. A listener on it takes IPv4 too (dual stack).
    public static let any = IPAddress(high: 0, low: 0)
    /// `0.0.0.0`. A listener on it takes IPv4 only.
    public static let anyIPv4 = IPAddress(v4: 0)
    /// `127.0.0.1`.
    public static let loopbackIPv4 = IPAddress(127, 0, 0, 1)
    /// `::1`.
    public static let loopback = IPAddress(high: 0, low: 1)
}
