import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

@Suite("HPACK's decoder (RFC 7541)")
struct HPACKDecoderTests {
    // MARK: Integers (§5.1)

    @Test("§5.1: integers are read with every width of prefix, on both sides of each byte more", arguments: 0...4)
    func integers(exponent: Int) throws {
        for value in [
            1 << (7 * exponent) - 1, 1 << (7 * exponent), 1 << (7 * exponent) + 126, 1 << (7 * exponent) + 127,
        ]
        where value < 1 << 20 {
            var decoder = HPACKDecoder()
            let text = String(repeating: "v", count: value)
            let block = [0x00, 0x01, 0x61] + integer(value, prefixBits: 7) + text.latin1
            #expect(try decoder.fields(block, lineBytesMax: 1 << 21) == [Field("a", text)])
        }
    }

    @Test("§5.1: an integer of 2^28 is read, one more is refused")
    func integerLimit() {
        // As size updates, of which the first is refused for what it says.
        #expect(failure(of: integer(1 << 28, prefixBits: 5, flags: 0x20)) == .sizeUpdateTooLarge)
        #expect(failure(of: integer(1 << 28 + 1, prefixBits: 5, flags: 0x20)) == .integerTooLarge)
        #expect(failure(of: integer(Int.max, prefixBits: 5, flags: 0x20)) == .integerTooLarge)
        #expect(failure(of: [0x3F] + [UInt8](repeating: 0xFF, count: 100)) == .integerTooLarge)
    }

    @Test("§5.1: zeros that lengthen an integer are read up to four bytes")
    func longZeros() throws {
        var decoder = HPACKDecoder()
        #expect(try decoder.fields([0x3F, 0x80, 0x80, 0x80, 0x00]).isEmpty)
        #expect(failure(of: [0x3F, 0x80, 0x80, 0x80, 0x80, 0x00]) == .integerTooLarge)
    }

    @Test("A block cut anywhere within a field is refused as cut")
    func cut() throws {
        let long = String(repeating: "v", count: 300)
        let block =
            literal("name", long) + [0x0F, 0x2F] + plainString("x") + [0x10] + plainString("n") + plainString("")
        var ends: [Int] = []
        var at = 0
        var lines = ByteBuffer()
        var whole = HPACKDecoder()
        while try whole.next(block.span, at: &at, into: &lines, lineBytesMax: 4096) != nil { ends.append(at) }
        #expect(ends.count == 3 && ends.last == block.count)
        for count in 1..<block.count where !ends.contains(count) {
            #expect(failure(of: Array(block[..<count])) == .truncated, "cut at \(count)")
        }
    }

    private func failure(of block: [UInt8]) -> HPACKFailure? {
        var decoder = HPACKDecoder()
        return failure(of: block, &decoder)
    }

    private func failure(of block: [UInt8], _ decoder: inout HPACKDecoder) -> HPACKFailure? {
        do throws(HPACKFailure) {
            _ = try decoder.fields(block)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Indices (§2.3.3, §6.1)

    @Test("§6.1: index 0 and indices beyond both tables are refused, in fields and in names")
    func indices() throws {
        for block: [UInt8] in [[0x80], [0xBE], [0x7E, 0x01, 0x61], [0x0F, 0x2F, 0x01, 0x61], [0xFF, 0x80, 0x7F]] {
            #expect(failure(of: block) == .badIndex)
        }
        var decoder = HPACKDecoder()
        #expect(try decoder.fields(literal("a", "b")) == [Field("a", "b")])
        #expect(try decoder.fields([0xBE]) == [Field("a", "b")])
        #expect(failure(of: [0xBF], &decoder) == .badIndex)
    }

    @Test("Appendix A: the static table's fields have their indices")
    func staticTable() throws {
        var decoder = HPACKDecoder()
        let fields = try decoder.fields((1...61).map { 0x80 | $0 })
        #expect(fields.count == 61)
        #expect(fields[0] == Field(":authority", ""))
        #expect(fields[1...6].map(\.value) == ["GET", "POST", "/", "/index.html", "http", "https"])
        #expect(fields[7...13].map(\.value) == ["200", "204", "206", "304", "400", "404", "500"])
        #expect(fields[15] == Field("accept-encoding", "gzip, deflate"))
        #expect(fields[16...].allSatisfy { $0.value.isEmpty })
        // In the order of the alphabet but for `accept`, which the RFC puts behind the names that it begins.
        #expect(fields[18].name == "accept")
        let names = fields[14...].map(\.name).filter { $0 != "accept" }
        #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(fields[60] == Field("www-authenticate", ""))
    }

    @Test("Names that tables have keep their number")
    func knownNames() throws {
        var decoder = HPACKDecoder()
        var lines = ByteBuffer()
        for block in [literal("x-request-id", "1"), [0xBE], [0x7E] + plainString("2"), [0x9F], [0x81]] {
            var at = 0
            let field = try #require(try decoder.next(block.span, at: &at, into: &lines, lineBytesMax: 4096))
            let name = lines.span.extracting(field.name)
            #expect(KnownField(name) == (field.pseudo == .authority ? .host : field.known))
            #expect(field.known != nil || field.pseudo == .authority)
        }
    }

    // MARK: The dynamic table (§4)

    @Test("§4.1, §4.4: what fits exactly stays, one byte more pushes the oldest out")
    func eviction() throws {
        for (extra, survivors) in [(0, 2), (1, 1)] {
            var decoder = HPACKDecoder()
            _ = try decoder.fields(literal("a", String(repeating: "1", count: 2015)))
            #expect(decoder.tableBytes == 2048)
            _ = try decoder.fields(literal("b", String(repeating: "2", count: 2015 + extra)))
            #expect(decoder.tableCount == survivors)
            #expect(decoder.tableBytes == (survivors == 2 ? 4096 : 2049))
        }
    }

    @Test("§4.4: an entry larger than the table empties it and is no error")
    func tooLargeEntry() throws {
        for extra in [0, 1, 100_000] {
            var decoder = HPACKDecoder()
            _ = try decoder.fields(literal("a", "b"))
            let value = String(repeating: "x", count: 4096 - 33 + extra)
            #expect(try decoder.fields(literal("n", value)) == [Field("n", value)])
            #expect(decoder.tableCount == (extra == 0 ? 1 : 0))
        }
    }

    @Test("§4.4: the name of an entry that its own insertion pushes out is good for it")
    func ownName() throws {
        var decoder = HPACKDecoder()
        _ = try decoder.fields(literal("the-name", String(repeating: "1", count: 4000)))
        let value = String(repeating: "2", count: 4010)
        #expect(try decoder.fields([0x7E] + plainString(value)) == [Field("the-name", value)])
        #expect(decoder.tableCount == 1)
        #expect(try decoder.fields([0xBE]) == [Field("the-name", value)])
    }

    @Test("The table is what a simple model says after thousands of random insertions and changes of size")
    func model() throws {
        var random = SeededRandom(stream: 41)
        var decoder = HPACKDecoder(tableBytesMax: 8192)
        var model: [Field] = []
        var bytesMax = 4096
        func size(_ fields: [Field]) -> Int { fields.reduce(0) { $0 + $1.name.count + $1.value.count + 32 } }
        for _ in 0..<4000 {
            var block: [UInt8] = []
            if random.number(below: 40) == 0 {
                bytesMax = random.number(below: 8193)
                block += integer(bytesMax, prefixBits: 5, flags: 0x20)
                while size(model) > bytesMax { model.removeLast() }
            }
            let count = random.number(below: 30) == 0 ? random.number(below: 5000) : random.number(below: 60)
            let field = Field("n\(random.number(below: 9))", String(repeating: "v", count: count))
            block += literal(field.name, field.value)
            _ = try decoder.fields(block)
            model.insert(field, at: 0)
            while size(model) > bytesMax { model.removeLast() }
            #expect(decoder.tableCount == model.count && decoder.tableBytes == size(model), "seed \(random.seed)")
            guard let place = model.indices.randomElement(using: &random) else { continue }
            #expect(try decoder.fields(integer(62 + place, prefixBits: 7, flags: 0x80)) == [model[place]])
        }
    }

    // MARK: Size updates (§4.2, §6.3)

    @Test("§4.2: size updates stand at the beginning of a block, any number of them, and nowhere else")
    func placeOfUpdates() throws {
        var decoder = HPACKDecoder()
        #expect(try decoder.fields([0x20, 0x3F, 0xE1, 0x1F, 0x82]) == [Field(":method", "GET")])
        #expect(failure(of: [0x82, 0x20], &decoder) == .lateSizeUpdate)
    }

    @Test("§6.3: a size update may not go beyond what was announced, nor beyond 4096 before the peer knew it")
    func boundOfUpdates() throws {
        for (announced, before) in [(4096, 4096), (0, 4096), (100, 4096), (65_536, 65_536)] {
            for size in [announced, announced + 1, before, before + 1] {
                var early = HPACKDecoder(tableBytesMax: announced)
                let update = integer(size, prefixBits: 5, flags: 0x20)
                #expect(failure(of: update, &early) == (size > before ? .sizeUpdateTooLarge : nil))
                var late = HPACKDecoder(tableBytesMax: announced)
                late.settingsAcknowledged()
                #expect(failure(of: update, &late) == (size > announced ? .sizeUpdateTooLarge : nil))
            }
        }
    }

    @Test("RFC 9113 §4.3.1: after a smaller table was acknowledged the next block begins with a size update")
    func missingUpdate() throws {
        var decoder = HPACKDecoder(tableBytesMax: 100)
        #expect(try decoder.fields([0x82]).count == 1)
        decoder.settingsAcknowledged()
        #expect(failure(of: [0x82], &decoder) == .missingSizeUpdate)
        var obedient = HPACKDecoder(tableBytesMax: 100)
        obedient.settingsAcknowledged()
        #expect(try obedient.fields([0x3F, 0x45, 0x82]).count == 1)
        #expect(try obedient.fields([0x82]).count == 1)
        var unchanged = HPACKDecoder(tableBytesMax: 4096)
        unchanged.settingsAcknowledged()
        #expect(try unchanged.fields([0x82]).count == 1)
    }

    // MARK: Bounds

    @Test("A line that fits exactly is stored; one byte less of room drops the field and not its table entry")
    func lineBound() throws {
        let encoded: [UInt8] = [0x41, 0x8C] + "f1e3 c2e5 f23a 6ba0 ab90 f4ff".hexBytes
        for block in [literal("name", "value"), encoded] {
            for room in [0, -1] {
                var decoder = HPACKDecoder()
                var lines = ByteBuffer()
                var at = 0
                // "name: value\r\n" or "host: www.example.com\r\n"
                let lineBytes = block == encoded ? 23 : 13
                let first = try decoder.next(block.span, at: &at, into: &lines, lineBytesMax: lineBytes + room)
                let field = try #require(first)
                #expect(field.isDropped == (room < 0))
                #expect(lines.count == (room < 0 ? 0 : lineBytes))
                #expect(field.listBytes == (block == encoded ? 57 : 41))
                #expect(decoder.tableCount == 1)
                // The entry as a reference, with the same room.
                at = 0
                lines.removeAll()
                let again = try decoder.next([0xBE].span, at: &at, into: &lines, lineBytesMax: lineBytes + room)
                #expect(again?.isDropped == (room < 0))
                #expect(again?.listBytes == field.listBytes)
                #expect(try decoder.fields([0xBE]).count == 1)
            }
        }
    }

    @Test("Fields that are dropped leave the table as fields that are kept")
    func droppedFields() throws {
        var random = SeededRandom(stream: 42)
        var kept = HPACKDecoder()
        var dropping = HPACKDecoder()
        for _ in 0..<500 {
            let value = random.bytes(count: random.number(below: 3) == 0 ? 4200 : 30, alphabet: Array(97...122))
            let first: UInt8 = [0x40, 0x00, 0x10].randomElement(using: &random)!
            let block = literal("n\(random.number(below: 5))", String(latin1: value), first: first)
            _ = try kept.fields(block)
            #expect(try dropping.fields(block, lineBytesMax: random.number(below: 60)).count == 1)
            #expect(kept.tableCount == dropping.tableCount && kept.tableBytes == dropping.tableBytes)
            let references = (0..<kept.tableCount).map { UInt8(0x80 + 62 + $0) }
            #expect(try kept.fields(references) == dropping.fields(references))
        }
    }

    @Test("A bomb of references to a large entry takes no more memory than the lines may")
    func bomb() throws {
        var decoder = HPACKDecoder()
        let block = literal("bomb", String(repeating: "x", count: 4000)) + [UInt8](repeating: 0xBE, count: 16_000)
        var lines = ByteBuffer()
        var at = 0
        var fields = 0
        var listBytes = 0
        while let field = try decoder.next(block.span, at: &at, into: &lines, lineBytesMax: 32 << 10) {
            fields += 1
            listBytes += field.listBytes
        }
        #expect(fields == 16_001 && listBytes == 16_001 * 4036)
        #expect(lines.count <= 32 << 10 && lines.capacity <= 64 << 10)
        #expect(decoder.heldBytes <= 8 << 10)
    }

    @Test("Nothing is allocated before the first entry, and a full table of 4096 bytes holds 6 KiB at most")
    func memory() throws {
        var decoder = HPACKDecoder()
        _ = try decoder.fields([0x82, 0x86, 0x84, 0x01] + plainString("a.example"))
        #expect(decoder.heldBytes == 0)
        for number in 0..<1000 { _ = try decoder.fields(literal("", "", first: 0x40) + literal("n", "\(number)")) }
        #expect(decoder.heldBytes <= 6 << 10)
        #expect(decoder.tableCount == 120)
    }

    // MARK: Strings (§5.2)

    @Test("§5.2: every byte has its code, alone and between others, and comes back")
    func everyByte() throws {
        var random = SeededRandom(stream: 43)
        for byte in UInt8.min...UInt8.max {
            for _ in 0..<20 {
                let before = random.bytes(count: random.number(below: 12), alphabet: Array(32...126))
                let after = random.bytes(count: random.number(below: 12), alphabet: Array(32...126))
                let value = String(latin1: before + [byte] + after)
                var encoder = HPACKEncoder()
                var decoder = HPACKDecoder()
                #expect(try decoder.fields(encoder.block([Field("n", value)])) == [Field("n", value)])
                var measuring = HPACKDecoder()
                let block = encoder.block([Field("m", value)])
                #expect(try measuring.fields(block, lineBytesMax: value.latin1.count + 5).count == 1)
            }
        }
    }

    @Test("§5.2: each code of Appendix B decodes to its symbol when it is written bit by bit")
    func codes() throws {
        for (symbol, code) in HuffmanBits.codes.enumerated() where symbol < 256 {
            // Behind each of the eight places in a byte.
            for lead in 0..<8 {
                let text = String(repeating: "0", count: lead)
                let bits = Array(repeating: HuffmanBits.codes[48], count: lead).joined() + code
                var decoder = HPACKDecoder()
                let value = HuffmanBits.string(bits)
                #expect(
                    try decoder.fields([0x00, 0x01, 0x61] + value) == [
                        Field("a", text + String(latin1: [UInt8(symbol)]))
                    ])
            }
        }
    }

    @Test("§5.2: the end of string, padding of eight bits and more, and padding with zeros are refused")
    func badStrings() throws {
        let a = HuffmanBits.codes[97]
        let long = String(repeating: a, count: 50)
        for prefix in ["", a, a + a + a, long] {
            #expect(failure(ofBits: prefix + HuffmanBits.codes[256]) == .badHuffman)
            #expect(failure(ofBits: prefix + HuffmanBits.codes[256] + long) == .badHuffman)
            let gap = String(repeating: "1", count: (8 - prefix.count % 8) % 8)
            #expect(failure(ofBits: prefix + gap) == nil)
            for bytes in 1...9 {
                let padding = String(repeating: "1", count: 8 * bytes)
                #expect(failure(ofBits: prefix + gap + padding) == .badHuffman)
            }
            if !gap.isEmpty {
                #expect(failure(ofBits: prefix + gap.dropLast() + "0") == .badHuffman)
            }
        }
        // Codes that are cut.
        #expect(failure(ofBits: String(HuffmanBits.codes[0].prefix(8))) == .badHuffman)
        #expect(failure(ofBits: String(HuffmanBits.codes[10].prefix(24))) == .badHuffman)
        #expect(failure(ofBits: long + HuffmanBits.codes[10].prefix(22)) == .badHuffman)
    }

    /// The failure of a value, and the same when there is no room to store it.
    private func failure(ofBits bits: String) -> HPACKFailure? {
        let block: [UInt8] = [0x00, 0x01, 0x61] + HuffmanBits.string(bits)
        var dropping = HPACKDecoder()
        var without: HPACKFailure?
        do throws(HPACKFailure) { _ = try dropping.fields(block, lineBytesMax: 0) } catch { without = error }
        let failure = failure(of: block)
        #expect(failure == without)
        return failure
    }

    // MARK: Checks

    @Test(
        "RFC 9113 §8.2.1: names are judged when they come, and the judgement stays with the entry",
        arguments: [
            ("name", true), ("x-y_z.1", true), ("Name", false), ("x-Y", false), ("", false), ("a b", false),
            ("a:", false), ("a\u{0}", false), ("a\u{7F}", false), ("a\u{80}", false), ("Content-Type", false),
            (":path", true), (":Path", false), (":other", false), ("content-type", true),
        ])
    func names(name: String, isGood: Bool) throws {
        var decoder = HPACKDecoder()
        for block in [literal(name, "v"), [0xBE], [0x7E] + plainString("other"), [0x0F, 0x2F] + plainString("w")] {
            #expect(try flags(block, &decoder).contains(.goodName) == isGood)
        }
    }

    @Test(
        "RFC 9113 §8.2.1: values are judged when they come, and the judgement stays with the entry",
        arguments: [
            ("value", true), ("", true), ("a b\tc", true), ("\u{80}\u{FF}", true), (" a", false), ("a ", false),
            ("\ta", false), ("a\t", false), ("a\u{0}b", false), ("a\rb", false), ("a\nb", false), ("a\u{1}", false),
            ("a\u{7F}", false), (" ", false),
        ])
    func values(value: String, isGood: Bool) throws {
        var decoder = HPACKDecoder()
        for block in [literal("n", value), [0xBE], [0x1F, 0x2F] + plainString(value)] {
            #expect(try flags(block, &decoder).contains(.goodValue) == isGood)
        }
        // The name of a bad field is as good as any.
        #expect(try flags([0x7E] + plainString("v"), &decoder).contains(.goodValue))
    }

    private func flags(_ block: [UInt8], _ decoder: inout HPACKDecoder) throws -> HPACKField.Flags {
        var lines = ByteBuffer()
        var at = 0
        return try #require(try decoder.next(block.span, at: &at, into: &lines, lineBytesMax: 4096)).flags
    }
}
