// Where one field of a head stands: offsets and a number, no text.

/// One field line of a head. 16 bytes; its name and value stay where they were received.
public struct FieldRecord: BitwiseCopyable {
    /// What is true of a field besides its bytes.
    public struct Flags: OptionSet, BitwiseCopyable, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Taken out by a filter or by the rules; never written.
        @inlinable public static var removed: Flags { Flags(rawValue: 1) }
        /// Written by us: its bytes are in the head's own store, and `Connection` may not remove it.
        @inlinable public static var added: Flags { Flags(rawValue: 2) }
        /// Received as `Name: value` with one space and nothing after it, so that the line can be copied whole.
        @inlinable public static var canonical: Flags { Flags(rawValue: 4) }
        /// Received as a field that no compression may remember (RFC 7541 §6.2.3).
        @inlinable public static var neverIndexed: Flags { Flags(rawValue: 8) }
    }

    public var nameOffset: UInt32
    public var nameCount: UInt16
    /// `KnownField.rawValue`, or 0.
    public var known: UInt8
    public var flags: Flags
    public var valueOffset: UInt32
    public var valueCount: UInt32

    @inlinable
    public init(name: Range<Int>, known: KnownField?, value: Range<Int>, flags: Flags) {
        nameOffset = UInt32(truncatingIfNeeded: name.lowerBound)
        nameCount = UInt16(truncatingIfNeeded: name.count)
        self.known = known?.rawValue ?? 0
        self.flags = flags
        valueOffset = UInt32(truncatingIfNeeded: value.lowerBound)
        valueCount = UInt32(truncatingIfNeeded: value.count)
    }

    @inlinable public var nameRange: Range<Int> { Int(nameOffset)..<(Int(nameOffset) &+ Int(nameCount)) }
    @inlinable public var valueRange: Range<Int> { Int(valueOffset)..<(Int(valueOffset) &+ Int(valueCount)) }
    @inlinable public var isRemoved: Bool { flags.contains(.removed) }
}
