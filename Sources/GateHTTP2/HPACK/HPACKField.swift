package import GateHTTP

/// One field of a block, decoded. Ranges are indices of the lines that the decoder appended to.
package struct HPACKField: BitwiseCopyable, Sendable {
    package struct Flags: OptionSet, BitwiseCopyable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Whoever passes it on must not index it either (RFC 7541 §6.2.3).
        package static let neverIndexed = Flags(rawValue: 1)
        /// It did not fit: decoded, and not stored. The ranges are empty.
        package static let dropped = Flags(rawValue: 2)
        /// The name is a token in lower case or a pseudo-field's that is known (RFC 9113 §8.2.1, §8.3).
        package static let goodName = Flags(rawValue: 4)
        /// The value has no control bytes but tab, and no white space at its ends (RFC 9113 §8.2.1).
        package static let goodValue = Flags(rawValue: 8)
    }

    /// The index of the line's first byte.
    var start: Int
    var nameCount: Int
    var valueCount: Int
    var number: HPACKName
    package var flags: Flags

    /// The name. `:authority` is written as `host`, so that its line is a Host field's.
    @inline(__always)
    package var name: Range<Int> { isDropped ? 0..<0 : storedName }

    @inline(__always)
    package var value: Range<Int> { isDropped ? 0..<0 : storedValue }

    /// The name of a field that was not dropped.
    @inline(__always)
    var storedName: Range<Int> { Range(uncheckedBounds: (start, start &+ nameCount)) }

    /// The value of a field that was not dropped.
    @inline(__always)
    var storedValue: Range<Int> {
        let from = start &+ nameCount &+ 2
        return Range(uncheckedBounds: (from, from &+ valueCount))
    }

    /// The name's number. A Host field has it, `:authority` has none.
    package var known: KnownField? { number.known }
    package var pseudo: PseudoField? { number.pseudo }

    package var isDropped: Bool { flags.contains(.dropped) }
    package var isNeverIndexed: Bool { flags.contains(.neverIndexed) }

    /// What the field counts for in a header list's size: name, value and 32 (RFC 9113 §6.5.2).
    @inline(__always)
    package var listBytes: Int { nameCount &+ valueCount &+ 32 &+ number.hiddenNameBytes }
}
