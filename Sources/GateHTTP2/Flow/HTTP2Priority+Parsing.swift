import GateCore
import GateHTTP

extension HTTP2Priority {
    /// What a Priority field says: a dictionary of structured fields (RFC 9218 §4, RFC 8941 §3.2). Keys that are
    /// unknown or have values out of range are passed over; a field that is no dictionary says nothing.
    ///
    /// - Parameter base: what holds where the field says nothing.
    package init(field value: Span<UInt8>, over base: HTTP2Priority = HTTP2Priority()) {
        self = base
        var found = base
        var at = 0
        while at < value.count {
            let end = FieldList.endOfElement(value, from: at, until: ASCII.comma)
            let member = ASCII.trimmed(value, at..<end)
            at = end + 1
            guard !member.isEmpty, at != value.count, found.take(value.extracting(member)) else { return }
        }
        self = found
    }

    /// Takes a member: a key, perhaps `=` and a value, perhaps parameters, which mean nothing here.
    private mutating func take(_ member: Span<UInt8>) -> Bool {
        let end = FieldList.endOfElement(member, from: 0, until: ASCII.semicolon)
        let equals = min(ASCII.index(of: UInt8(ascii: "="), in: member, from: 0), end)
        guard Self.isKey(member.extracting(0..<equals)), equals + 1 != end else { return false }
        set(member.extracting(0..<equals), to: member.extracting(min(equals + 1, end)..<end))
        return true
    }

    private mutating func set(_ key: Span<UInt8>, to value: Span<UInt8>) {
        guard key.count == 1 else { return }
        if key[0] == UInt8(ascii: "u"), value.count == 1, value[0] &- 0x30 < 8 {
            urgency = value[0] &- 0x30
        } else if key[0] == UInt8(ascii: "i") {
            if value.isEmpty || ASCII.spells(value, "?1") { isIncremental = true }
            if ASCII.spells(value, "?0") { isIncremental = false }
        }
    }

    /// RFC 8941 §3.1.2: lower case, digits and `_-.*`, a letter or `*` first.
    private static func isKey(_ key: Span<UInt8>) -> Bool {
        guard key.count > 0, isLowercase(key[0]) || key[0] == UInt8(ascii: "*") else { return false }
        for at in 1..<key.count where !isLowercase(key[at]) && !ASCII.isDigit(key[at]) {
            switch key[at] {
            case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "*"): break
            default: return false
            }
        }
        return true
    }

    private static func isLowercase(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }
}
