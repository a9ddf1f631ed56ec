import GateCore
import GateTestSupport
import Testing

@Suite("Eight bytes at a time")
struct WordTests {
    /// A word of `filler` with `byte` at `place`.
    private func word(_ byte: UInt8, at place: Int, filler: UInt8) -> UInt64 {
        (0..<8).reversed().reduce(0) { $0 << 8 | UInt64($1 == place ? byte : filler) }
    }

    @Test("a byte is found at each place, whatever stands around it")
    func marks() {
        for wanted in [UInt8(0x00), 0x3A, 0x7F, 0x80, 0xFF] {
            for filler in UInt8.min...UInt8.max where filler != wanted {
                #expect(Word.marks(word(filler, at: 0, filler: filler), of: wanted) == 0)
                for place in 0..<8 {
                    let marks = Word.marks(word(wanted, at: place, filler: filler), of: wanted)
                    #expect(marks != 0 && Word.first(marks) == place, "\(wanted) in \(filler) at \(place)")
                }
            }
        }
    }

    @Test("a byte below a limit is found at each place, whatever stands around it")
    func marksBelow() {
        for byte in UInt8.min...UInt8.max {
            for filler in [UInt8(0x20), 0x7E, 0x80, 0xFF] {
                for place in 0..<8 {
                    let marks = Word.marks(word(byte, at: place, filler: filler), below: 0x20)
                    #expect((marks != 0) == (byte < 0x20), "\(byte) in \(filler)")
                    if marks != 0 { #expect(Word.first(marks) == place) }
                }
            }
        }
    }

    @Test("letters become lower case, every other byte stays")
    func lowercased() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                let folded = Word.lowercased(word(byte, at: place, filler: 0x5A))
                #expect(folded == word(ASCII.lowercased(byte), at: place, filler: 0x7A), "\(byte) at \(place)")
            }
        }
    }

    private func matches(_ bytes: [UInt8], _ word: StaticString) -> Bool { ASCII.matches(bytes.span, word) }

    @Test("a word is matched whatever its length and case, and no other text is")
    func matches() {
        let word: StaticString = "x-forwarded-proto, a word of some length"
        let whole = Array("X-Forwarded-PROTO, a Word of some LENGTH".utf8)
        #expect(matches(whole, word))
        for place in whole.indices {
            for byte in [whole[place] ^ 0x40, whole[place] ^ 0x80, whole[place] &+ 1] {
                var other = whole
                other[place] = byte
                let isSame = ASCII.lowercased(byte) == ASCII.lowercased(whole[place])
                #expect(matches(other, word) == isSame, "byte \(byte) at \(place)")
            }
        }
        let words: [StaticString] = [
            "", "t", "te", "via", "date", "allow", "cookie", "refresh", "location", "forwarded",
        ]
        for word in words {
            let upper = Array(word.description.uppercased().utf8)
            #expect(matches(upper, word))
            for place in upper.indices {
                var other = upper
                // The bit of the case: what folds carelessly takes `\r` for `-` and `\u{e}` for `.`.
                other[place] ^= 0x60
                #expect(!matches(other, word), "\(word) at \(place)")
            }
        }
    }

    @Test("the first of a byte is found from any start")
    func index() {
        var random = SeededRandom(stream: 11)
        for _ in 0..<500 {
            let bytes = (0..<random.number(below: 40)).map { _ in UInt8(random.number(below: 4)) }
            let start = random.number(below: bytes.count + 1)
            let expected = bytes[start...].firstIndex(of: 2) ?? bytes.count
            let found = ASCII.index(of: 2, in: bytes.span, from: start)
            #expect(found == expected, "seed \(random.seed)")
        }
    }
}
