import GateCore
import GateHTTP2
import GateTestSupport
import Glibc
import Testing

/// Python's `hpack` (Debian's python3-hpack) beside ours.
///
/// Jobs are lines: `size N` changes the table of both directions, `decode BLOCK` is answered by the block's fields,
/// `encode FIELDS` by a block. Fields are `NAME:VALUE:FLAG` in hexadecimal, the flag being 1 for those never indexed.
private enum PythonHPACK {
    static let python = "/usr/bin/python3"

    /// Where it is missing, a developer's run skips the tests and CI fails.
    static let mayRun: Bool = {
        // Safe: the environment does not change while tests run.
        let isCI = unsafe getenv("CI").map { String(cString: $0) } == "true"
        return isCI || output(of: "\(python) -c 'import hpack; print(1)' 2>/dev/null") == "1\n"
    }()

    static let program = """
        import random, sys
        import hpack
        from hpack.struct import HeaderTuple, NeverIndexedHeaderTuple

        def parsed(text):
            for field in text.split():
                name, value, flag = field.split(":")
                kind = NeverIndexedHeaderTuple if flag == "1" else HeaderTuple
                yield kind(bytes.fromhex(name), bytes.fromhex(value))

        random.seed(int(sys.argv[2]))
        encoder, decoder = hpack.Encoder(), hpack.Decoder(max_header_list_size=1 << 30)
        for job in open(sys.argv[1]):
            word, _, rest = job.rstrip("\\n").partition(" ")
            if word == "size":
                decoder.max_allowed_table_size = encoder.header_table_size = int(rest)
            elif word == "decode":
                fields = decoder.decode(bytes.fromhex(rest), raw=True)
                print(*(f"{bytes(f[0]).hex()}:{bytes(f[1]).hex()}:{int(not f.indexable)}" for f in fields))
            else:
                print(encoder.encode(list(parsed(rest)), huffman=random.random() < 0.7).hex())
        """

    /// A line of answer for each job but those of a size.
    static func answers(to jobs: [String], seed: UInt64) throws -> [String] {
        var template = Array("/tmp/gatehouse-hpack-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let files = (program: directory + "/program.py", jobs: directory + "/jobs")
        defer {
            unlink(files.program)
            unlink(files.jobs)
            rmdir(directory)
        }
        try write(program, to: files.program)
        try write(jobs.joined(separator: "\n") + "\n", to: files.jobs)
        let text = output(of: "timeout 120 \(python) \(files.program) \(files.jobs) \(seed)")
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
    }

    /// What a command says; its errors go where the test's go.
    private static func output(of command: String) -> String {
        guard let pipe = popen(command, "r") else { return "" }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func text(_ fields: [Field]) -> String {
        fields.map { "\(hex($0.name.latin1)):\(hex($0.value.latin1)):\($0.isNeverIndexed ? 1 : 0)" }
            .joined(separator: " ")
    }
}

@Suite("Against Python's hpack", .enabled(if: PythonHPACK.mayRun, "needs Debian's python3-hpack"))
struct PythonHPACKTests {
    @Test("it decodes what we encode: random heads, with changes of the table's size between them", arguments: 0..<4)
    func decodesOurs(stream: UInt64) throws {
        var random = SeededRandom(stream: 50 + stream)
        var heads = RandomHeads(random: random)
        var encoder = HPACKEncoder()
        // Ours again, to know which fields are never indexed.
        var decoder = HPACKDecoder(tableBytesMax: 65_536)
        var jobs: [String] = []
        var expected: [String] = []
        for _ in 0..<200 {
            for _ in 0..<(random.number(below: 8) == 0 ? 1 + random.number(below: 3) : 0) {
                let size = random.number(below: 4) == 0 ? random.number(below: 70_000) : random.number(below: 4097)
                encoder.peerTableBytesMax(size)
                jobs.append("size \(size)")
            }
            let head = heads.next()
            let block = encoder.block(head)
            let fields = try decoder.fields(block)
            #expect(fields.map(\.value) == head.map(\.value), "seed \(random.seed)")
            jobs.append("decode " + PythonHPACK.hex(block))
            expected.append(PythonHPACK.text(fields))
        }
        let answers = try PythonHPACK.answers(to: jobs, seed: random.seed)
        #expect(answers == expected, "seed \(random.seed)")
    }

    @Test("we decode what it encodes: random heads, with changes of the table's size between them", arguments: 0..<4)
    func decodesTheirs(stream: UInt64) throws {
        var random = SeededRandom(stream: 60 + stream)
        var heads = RandomHeads(random: random)
        let tableBytesMax = [4096, 65_536, 16_384, 4096][Int(stream)]
        var jobs: [String] = []
        var sent: [[Field]] = []
        for _ in 0..<200 {
            for _ in 0..<(random.number(below: 8) == 0 ? 1 + random.number(below: 3) : 0) {
                jobs.append("size \(random.number(below: tableBytesMax + 1))")
            }
            // Under a name of their own: it refers to a field that it has in its table, whatever is said of that.
            let head = heads.next().map { field in
                random.number(below: 6) == 0 ? Field("x-secret", field.value, isNeverIndexed: true) : field
            }
            jobs.append("encode " + PythonHPACK.text(head))
            sent.append(head)
        }
        let blocks = try PythonHPACK.answers(to: jobs, seed: random.seed)
        try #require(blocks.count == sent.count)
        var decoder = HPACKDecoder(tableBytesMax: tableBytesMax)
        for (block, head) in zip(blocks, sent) {
            let fields = try decoder.fields(block.hexBytes)
            #expect(fields == head, "seed \(random.seed)")
        }
        #expect(decoder.heldBytes <= 2 * tableBytesMax)
    }
}
