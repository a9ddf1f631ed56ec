import GateConfig
import GateCore
import Testing

/// What a shape makes of a value written in YAML, and the messages without their place.
func read<Value>(_ shape: Shape<Value>, _ written: String) throws -> (Value?, [String]) {
    let node = try #require(try tree("k: \(written)\n")["k"])
    var decoding = Decoding()
    let value = shape.decode(node, &decoding)
    #expect(decoding.diagnostics.allSatisfy { $0.location.line == 1 && $0.location.column >= 3 })
    return (value, decoding.diagnostics.map(\.message))
}

@Suite("Shapes")
struct ShapeTests {
    @Test(
        "durations are a number and a unit",
        arguments: [
            ("1ms", 1), ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("1d", 86_400_000),
            ("365d", 31_536_000_000),
            ("off", 0), ("'30s'", 30_000), ("007s", 7000),
        ])
    func durations(written: String, milliseconds: Int) throws {
        #expect(try read(.duration(off: true), written).0 == milliseconds)
    }

    @Test(
        "durations that are none say why",
        arguments: [
            ("30", "`30` lacks its unit; write `30s` or `30ms`"),
            ("30sec", "`30sec` has an unknown unit; write one of `ms`, `s`, `m`, `h` or `d`"),
            ("1.5s", "expected a duration such as `30s`, found `1.5s`"),
            ("-1s", "expected a duration such as `30s`, found `-1s`"),
            ("0s", "`0s` is out of range; write `1ms` to `365d`"),
            ("366d", "`366d` is out of range; write `1ms` to `365d`"),
            ("99999999999999999999d", "`99999999999999999999d` is out of range; write `1ms` to `365d`"),
            ("off", "expected a duration such as `30s`, found `off`"),
            ("[1s]", "expected a duration such as `30s`, found a list"),
            ("", "expected a duration such as `30s`, found nothing"),
            ("1 s", "expected a duration such as `30s`, found `1 s`"),
        ])
    func badDurations(written: String, message: String) throws {
        let (value, messages) = try read(.duration(), written)
        #expect(value == nil)
        #expect(messages == [message])
    }

    @Test("zero where off is allowed says so")
    func zero() throws {
        #expect(try read(.duration(off: true), "0s").1 == ["`0s` is no limit; write `off` to switch it off"])
        #expect(try read(.size(1...100, off: true), "0").1 == ["`0` is no limit; write `off` to switch it off"])
    }

    @Test(
        "sizes are bytes or a number and a unit",
        arguments: [
            ("0", 0), ("240", 240), ("16KiB", 16_384), ("1MiB", 1_048_576), ("1GiB", 1_073_741_824), ("off", Int.max),
        ])
    func sizes(written: String, bytes: Int) throws {
        #expect(try read(.size(0...1 << 40, off: true).self, written).0 == bytes)
    }

    @Test(
        "sizes that are none say why",
        arguments: [
            ("16KB", "`16KB` has an unknown unit; write one of `KiB`, `MiB` or `GiB`"),
            ("16k", "`16k` has an unknown unit; write one of `KiB`, `MiB` or `GiB`"),
            ("x", "expected a size such as `16KiB`, found `x`"),
            ("1KiB", "`1KiB` is out of range; write `2KiB` to `1MiB`"),
            ("9999999999999GiB", "`9999999999999GiB` is out of range; write `2KiB` to `1MiB`"),
        ])
    func badSizes(written: String, message: String) throws {
        #expect(try read(.size(2048...1_048_576), written).1 == [message])
    }

    @Test("numbers keep to their range", arguments: [("1", 1), ("256", 256), ("'7'", 7)])
    func numbers(written: String, number: Int) throws {
        #expect(try read(.integer(1...256), written).0 == number)
    }

    @Test(
        "numbers that are none say why",
        arguments: [
            ("0", "`0` is out of range; write a whole number from 1 to 256"),
            ("257", "`257` is out of range; write a whole number from 1 to 256"),
            ("-1", "`-1` is out of range; write a whole number from 1 to 256"),
            ("1.0", "expected a whole number from 1 to 256, found `1.0`"),
            ("0x10", "expected a whole number from 1 to 256, found `0x10`"),
            ("99999999999999999999", "expected a whole number from 1 to 256, found `99999999999999999999`"),
            ("many", "expected a whole number from 1 to 256, found `many`"),
        ])
    func badNumbers(written: String, message: String) throws {
        #expect(try read(.integer(1...256), written).1 == [message])
    }

    @Test("percentages need their sign and end at 100")
    func percentages() throws {
        #expect(try read(.percentage(), "20%").0 == 20)
        #expect(try read(.percentage(), "20").1 == ["`20` lacks its sign; write `20%`"])
        #expect(try read(.percentage(), "101%").1 == ["`101%` is out of range; write `0%` to `100%`"])
        #expect(try read(.percentage(), "x%").1 == ["expected a percentage such as `20%`, found `x%`"])
    }

    @Test("booleans are true and false only")
    func booleans() throws {
        #expect(try read(.boolean, "true").0 == true)
        #expect(try read(.boolean, "false").0 == false)
        #expect(try read(.boolean, "yes").1 == ["`yes` is not understood here; write `true`"])
        #expect(try read(.boolean, "off").1 == ["`off` is not understood here; write `false`"])
        #expect(try read(.boolean, "1").1 == ["expected `true` or `false`, found `1`"])
    }

    @Test("words suggest the nearest")
    func words() throws {
        let shape = Shape<Int>.words([("drop", 1), ("allow", 2)], later: ["refuse"])
        #expect(try read(shape, "allow").0 == 2)
        #expect(try read(shape, "alow").1 == ["`alow` is not known here; did you mean `allow`?"])
        #expect(try read(shape, "elephant").1 == ["`elephant` is not known here; write `drop` or `allow`"])
        #expect(try read(shape, "refuse").1 == ["`refuse` is not supported yet; write `drop` or `allow`"])
    }

    @Test("lists report every bad element, and a lone value shows its list")
    func lists() throws {
        let shape = Shape<[Int]>.list(.integer(1...9), countMin: 1)
        #expect(try read(shape, "[1, 2]").0 == [1, 2])
        #expect(try read(shape, "[0, 1, x]").1.count == 2)
        #expect(try read(shape, "3").1 == ["expected a list, found `3`; write `[3]`"])
        #expect(try read(shape, "[]").1 == ["the list is empty; write at least one element"])
        let several = Shape<[Int]>.oneOrMany(.integer(1...9))
        #expect(try read(several, "3").0 == [3])
        #expect(try read(several, "[3, 4]").0 == [3, 4])
    }

    @Test("blocks with bits beyond their prefix are mended in the message")
    func blocks() throws {
        #expect(try read(.addressBlock, "10.0.0.0/8").0 == AddressBlock("10.0.0.0/8"))
        #expect(try read(.addressBlock, "'::1'").0 == AddressBlock("::1"))
        #expect(
            try read(.addressBlock, "10.0.0.1/8").1 == [
                "`10.0.0.1/8` has bits set beyond its prefix; write `10.0.0.0/8`"
            ])
        #expect(
            try read(.addressBlock, "10.0.0").1 == [
                "expected an IP address or block such as `10.0.0.0/8`, found `10.0.0`"
            ])
    }

    @Test(
        "listen addresses that are nearly right are mended in the message",
        arguments: [
            ("8080", "`8080` lacks its colon; write `:8080` for every address"),
            ("'*:80'", "`*:80` is no address; leave out `*` for every address"),
            ("localhost:80", "`localhost:80` is a name; write `127.0.0.1` or `[::1]` instead of `localhost`"),
            ("127.0.0.1", "`127.0.0.1` lacks a port; write `127.0.0.1:80`"),
            ("'::1'", "`::1` lacks a port; write `[::1]:80`"),
            (
                "a.b:80",
                "expected an address such as `:8080`, `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/gatehouse.sock`, found `a.b:80`"
            ),
        ])
    func listenAddresses(written: String, message: String) throws {
        #expect(try read(.listenAddress, written).1 == [message])
    }

    @Test("messages show control characters as numbers and cut long text")
    func quoting() {
        #expect(quoted("a\nb\u{1b}[0m") == "`a\\u{a}b\\u{1b}[0m`")
        #expect(quoted(String(repeating: "x", count: 61)) == "`\(String(repeating: "x", count: 60))…`")
        #expect(quoted(String(repeating: "x", count: 60)) == "`\(String(repeating: "x", count: 60))`")
    }
}

@Suite("Service URLs")
struct ServiceURLTests {
    @Test(
        "are read in all their parts",
        arguments: [
            ("http://127.0.0.1:3000", "http", "127.0.0.1:3000", "", nil),
            ("HTTP://App.Internal", "http", "app.internal:80", "", nil),
            ("https://a.b", "https", "a.b:443", "", nil), ("http://[::1]:80/x?y=z", "http", "[::1]:80", "/x", "y=z"),
            ("http://h/?", "http", "h:80", "/", ""), ("unix:/run/a.sock", "unix", "unix:/run/a.sock", "", nil),
            ("http://h?q", "http", "h:80", "", "q"), ("http://a_b:1", "http", "a_b:1", "", nil),
        ] as [(String, String, String, String, String?)])
    func parts(text: String, scheme: String, address: String, path: String, query: String?) throws {
        let url = try ServiceURL(text)
        #expect(url.scheme.rawValue == scheme)
        #expect(url.address.description == address)
        #expect(url.path == path)
        #expect(url.query == query)
        #expect(try ServiceURL(url.description) == url)
    }

    @Test(
        "are refused for a reason",
        arguments: [
            ("", .notURL), ("ftp://a", .notURL), ("127.0.0.1:80", .notURL), ("http://", .badHost),
            ("http://:80", .badHost), ("http://a b", .badCharacter),
            ("http://a\u{e4}", .badCharacter), ("http://a:0", .badPort), ("http://a:99999", .badPort),
            ("http://a:", .badPort), ("http://u:p@a", .hasUser),
            ("http://1.2.3", .badHost), ("http://1.2.3.256", .badHost), ("http://::1", .badHost),
            ("http://[::1", .badHost), ("http://[1.2.3.4]", .badHost),
            ("http://-a", .badHost), ("http://a..b", .badHost), ("unix:run", .badPath), ("unix:", .badPath),
            ("http://a/#b", .hasFragment),
        ] as [(String, ServiceURL.Failure)])
    func refused(text: String, failure: ServiceURL.Failure) {
        #expect(throws: failure) { try ServiceURL(text) }
    }
}

@Suite("Nearest words")
struct NearestWordTests {
    let words = ["timeouts", "limits", "listeners", "upstreams", "sites", "log", "workers"]

    @Test(
        "are found through typing errors",
        arguments: [
            ("timeout", "timeouts"), ("tiemouts", "timeouts"), ("listners", "listeners"), ("LOG", "log"),
            ("lgo", "log"), ("sits", "sites"),
            ("worker", "workers"), ("upstream", "upstreams"), ("elephants", nil), ("x", nil), ("", nil),
        ] as [(String, String?)])
    func nearest(word: String, expected: String?) {
        #expect(nearestWord(to: word, among: words) == expected)
    }
}
