import GateCore

/// Fields that carry what HTTP/1 has in its first line. RFC 9113 §8.3, RFC 8441 §4.
package enum PseudoField: UInt8, Sendable, CaseIterable {
    case method = 65
    case scheme = 66
    case authority = 67
    case path = 68
    case status = 69
    case `protocol` = 70

    /// The name with its colon.
    package var name: StaticString {
        switch self {
        case .method: ":method"
        case .scheme: ":scheme"
        case .authority: ":authority"
        case .path: ":path"
        case .status: ":status"
        case .protocol: ":protocol"
        }
    }

    /// 0...5.
    @inline(__always) var place: Int { Int(rawValue &- PseudoField.method.rawValue) }
    /// This field's bit in a set of pseudo-fields.
    @inline(__always) var bit: UInt8 { 1 &<< UInt8(place) }

    /// The same of a name that is one of them.
    @inline(__always) static func place(of name: HPACKName) -> Int { Int(name.number &- PseudoField.method.rawValue) }
    @inline(__always) static func bit(of name: HPACKName) -> UInt8 {
        1 &<< (name.number &- PseudoField.method.rawValue)
    }

    /// The pseudo-field that `name` spells letter for letter, or nil.
    init?(_ name: Span<UInt8>) {
        let candidate: PseudoField
        switch name.count {
        case 5: candidate = .path
        case 7: candidate = name[1] == UInt8(ascii: "m") ? .method : name[2] == UInt8(ascii: "c") ? .scheme : .status
        case 9: candidate = .protocol
        case 10: candidate = .authority
        default: return nil
        }
        guard ASCII.spells(name, candidate.name) else { return nil }
        self = candidate
    }
}
