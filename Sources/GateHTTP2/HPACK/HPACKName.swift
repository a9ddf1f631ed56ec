import GateCore
import GateHTTP

/// A field's name as one number: a `KnownField` (1...63), a `PseudoField` (65...70), or 0 for every other.
struct HPACKName: Equatable, BitwiseCopyable, Sendable {
    /// One more than the highest number.
    static let count = 71

    let number: UInt8

    init(number: UInt8) { self.number = number }
    init(_ field: KnownField) { number = field.rawValue }
    init(_ field: PseudoField) { number = field.rawValue }

    static let other = HPACKName(number: 0)

    /// The number of a name in lower case; letters in upper case make it unknown.
    init(_ name: Span<UInt8>) {
        if name.count > 0, name[0] == ASCII.colon {
            number = PseudoField(name)?.rawValue ?? 0
        } else {
            number = KnownField(name)?.rawValue ?? 0
        }
    }

    @inline(__always) var isPseudo: Bool { number > 64 }

    /// The bit of a known field; that of no known field for others.
    @inline(__always) var bit: UInt64 { number < 64 ? 1 &<< UInt64(number) : 1 }

    var known: KnownField? { number < 64 ? KnownField(rawValue: number) : nil }
    var pseudo: PseudoField? { number > 64 ? PseudoField(rawValue: number) : nil }

    /// Bytes that the table counts and the line does not have: `:authority` is kept as `host`.
    @inline(__always)
    var hiddenNameBytes: Int { number == PseudoField.authority.rawValue ? 6 : 0 }

    /// The name, in any case; not that of `.other`. `:authority` is `host` with hidden bytes.
    var bytes: Span<UInt8> {
        @_lifetime(immortal)
        get {
            let text: StaticString = pseudo == .authority ? "host" : pseudo?.name ?? known?.name ?? ""
            // Safe: the text lives as long as the program.
            let bytes = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            return unsafe _overrideLifetime(Span(_unsafeElements: bytes), copying: ())
        }
    }
}
