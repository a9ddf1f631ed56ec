import GateCore
import GateTLS

/// Who answers to a name from a client's hello is found by its letters alone, in any case, and by nothing that looks like it.
enum ServerNameProperty {
    private static let exact = ServerIdentity(credentials: [])
    private static let wildcard = ServerIdentity(credentials: [])
    private static let fallback = ServerIdentity(credentials: [])
    private static let names = ServerNames(
        identities: ["kiss.example": exact, "*.kiss.example": wildcard, "*.a.kiss.example": exact], fallback: fallback)

    static func check(_ name: Span<UInt8>) {
        let found = names.identity(for: String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self))
        precondition(found !== fallback)
        precondition(found === expected(name))
        precondition(names.challenge(for: "kiss.example") == nil)
    }

    /// RFC 6125 §6.4.3: a wildcard is one whole label, the first.
    private static func expected(_ name: Span<UInt8>) -> ServerIdentity? {
        // A dot at the end says only that nothing follows (RFC 1034 §3.1).
        let hasDot = !name.isEmpty && name[name.count - 1] == UInt8(ascii: ".")
        return expected(plain: hasDot ? name.extracting(0..<(name.count - 1)) : name)
    }

    private static func expected(plain name: Span<UInt8>) -> ServerIdentity? {
        if matches(name, "kiss.example") { return exact }
        let dot = ASCII.index(of: UInt8(ascii: "."), in: name, from: 0)
        guard dot > 0, dot < name.count else { return nil }
        // A label of other letters is none (RFC 5890 §2.3.1).
        for index in 0..<dot where name[index] >= 0x80 { return nil }
        let rest = name.extracting((dot + 1)...)
        return matches(rest, "kiss.example") ? wildcard : matches(rest, "a.kiss.example") ? exact : nil
    }

    private static func matches(_ name: Span<UInt8>, _ word: StaticString) -> Bool {
        name.count == word.utf8CodeUnitCount && ASCII.matches(name, word)
    }
}
