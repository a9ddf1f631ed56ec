/// Where an entry of a table stands, kept as the line `name: value CRLF`, and what is known of it.
struct HPACKEntry: BitwiseCopyable {
    /// What was found out about the bytes when they came, so that nobody looks at them again.
    struct Checks: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        /// The name is a token in lower case, or a pseudo-field's (RFC 9113 §8.2.1).
        static let goodName = Checks(rawValue: HPACKField.Flags.goodName.rawValue)
        /// The value has no control bytes but tab, and no white space at its ends (RFC 9113 §8.2.1).
        static let goodValue = Checks(rawValue: HPACKField.Flags.goodValue.rawValue)
    }

    /// The line's place; what it counts from is its table's affair.
    var position: UInt32
    var nameCount: UInt16
    var valueCount: UInt16
    var name: HPACKName
    var checks: Checks

    @inline(__always)
    init(position: Int = 0, nameCount: Int, valueCount: Int, name: HPACKName, checks: Checks) {
        self.position = UInt32(truncatingIfNeeded: position)
        self.nameCount = UInt16(truncatingIfNeeded: nameCount)
        self.valueCount = UInt16(truncatingIfNeeded: valueCount)
        self.name = name
        self.checks = checks
    }

    @inline(__always) var lineCount: Int { Int(nameCount) &+ Int(valueCount) &+ 4 }

    /// RFC 7541 §4.1.
    @inline(__always) var size: Int { Int(nameCount) &+ Int(valueCount) &+ 32 &+ name.hiddenNameBytes }
}
