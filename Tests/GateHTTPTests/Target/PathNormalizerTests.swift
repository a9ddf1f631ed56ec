import GateCore
import GateHTTP
import GateTestSupport
import Testing

@Suite("Path normalisation (RFC 3986 §6.2.2)")
struct PathNormalizerTests {
    /// The normal form, whether it had to be written or not; nil for a refused path.
    static func normal(_ path: [UInt8], _ allowed: AllowedEncodings = []) -> [UInt8]? {
        var buffer = ByteBuffer()
        buffer.append("before")
        let outcome = PathNormalizer.normalize(path.span, allowing: allowed, into: &buffer)
        let written = Array(buffer.span.array.dropFirst(6))
        switch outcome {
        case .unchanged: return written.isEmpty ? path : [0]
        case .written: return written
        case .invalid: return written.isEmpty ? nil : [0]
        }
    }

    static func normal(_ path: String, _ allowed: AllowedEncodings = []) -> String? {
        normal(path.bytes, allowed).map { String(latin1: $0) }
    }

    @Test(
        "a path that is normal is not copied",
        arguments: ["/", "/a", "/a/", "/a/b.c/d..e/f-_~", "/a;b=c/d,e", "/a:b@c/!$&'()*+=", "/\"<>^`{|}"])
    func unchanged(path: String) {
        var buffer = ByteBuffer()
        let outcome = PathNormalizer.normalize(path.bytes.span, into: &buffer)
        #expect(outcome == .unchanged)
        #expect(buffer.capacity == 0)
    }

    @Test(
        "dot segments are removed, encoded ones too (§5.2.4)",
        arguments: [
            ("/.", "/"), ("/./", "/"), ("/a/.", "/a/"), ("/a/./b", "/a/b"), ("/a/..", "/"), ("/a/../", "/"),
            ("/a/b/..", "/a/"), ("/a/b/../c", "/a/c"), ("/a/b/c/./../../g", "/a/g"), ("/mid/content=5/../6", "/mid/6"),
            ("/a/%2e%2E/b", "/b"), ("/a/.%2e/b", "/b"), ("/a/%2e/b", "/a/b"), ("/...", "/..."), ("/a/...b", "/a/...b"),
            ("/.well-known/x", "/.well-known/x"), ("/a/..b/c", "/a/..b/c"), ("/a/b../c", "/a/b../c"),
            ("/a/..;/b", "/a/..;/b"),
        ])
    func dots(path: String, normal: String) {
        #expect(Self.normal(path) == normal)
    }

    @Test(
        "empty segments vanish before dot segments are looked at",
        arguments: [
            ("//", "/"), ("///a", "/a"), ("/a//b", "/a/b"), ("/a//", "/a/"), ("/a//../b", "/b"), ("/a/.//b", "/a/b"),
        ])
    func slashes(path: String, normal: String) {
        #expect(Self.normal(path) == normal)
    }

    @Test(
        "unreserved characters are decoded, other triplets are written in upper case (§6.2.2.1, §6.2.2.2)",
        arguments: [
            ("/%61%7e%5F%2d%30", "/a~_-0"), ("/%3a%c3%A4", "/%3A%C3%A4"), ("/%25%32%66", "/%252f"),
            ("/%252e%252e/", "/%252e%252e/"), ("/%3f%23", "/%3F%23"), ("/%0a%7f", "/%0A%7F"),
        ])
    func triplets(path: String, normal: String) {
        #expect(Self.normal(path) == normal)
    }

    @Test("every triplet is decoded, kept in upper case, or refused, in any case of its digits")
    func everyTriplet() {
        let unreserved = Set("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max {
            let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
            let isForbidden = [0x00, 0x2F, 0x5C].contains(byte)
            let upper = "/a%" + digits.uppercased()
            let expected = unreserved.contains(byte) ? "/a" + String(latin1: [byte]) : isForbidden ? nil : upper
            #expect(Self.normal("/a%" + digits) == expected, "\(digits)")
            #expect(Self.normal(upper) == expected, "\(digits)")
            #expect(Self.normal("/a%" + digits, [.slash, .backslash, .null]) == expected ?? upper)
        }
    }

    @Test(
        "a path that climbs above its root is refused",
        arguments: ["/..", "/../", "/../a", "/a/../..", "/a/../../b", "//..", "/./..", "/%2e%2e", "/a/%2e%2e/%2e./b"])
    func climbing(path: String) {
        var buffer = ByteBuffer()
        let outcome = PathNormalizer.normalize(path.bytes.span, into: &buffer)
        #expect(outcome == .invalid(.badPath))
    }

    @Test(
        "broken triplets and paths without a slash are refused",
        arguments: ["/%", "/%2", "/%zz", "/%2x", "/%%20", "/a%", "/% 20", "", "a", "*", "%2Fa"])
    func broken(path: String) {
        var buffer = ByteBuffer()
        let outcome = PathNormalizer.normalize(path.bytes.span, into: &buffer)
        #expect(outcome == .invalid(.badPath))
        #expect(buffer.count == 0)
    }

    @Test(
        "slash, backslash and null in disguise are refused unless the route allows them",
        arguments: [
            ("/a%2fb", .slash, "/a%2Fb"), ("/a%2F..%2Fb", .slash, "/a%2F..%2Fb"), ("/%5c", .backslash, "/%5C"),
            ("/a\\..\\b", .backslash, "/a%5C..%5Cb"), ("/%00", .null, "/%00"),
        ] as [(String, AllowedEncodings, String)])
    func forbidden(path: String, allowed: AllowedEncodings, normal: String) {
        #expect(Self.normal(path) == nil)
        #expect(Self.normal(path, AllowedEncodings([.slash, .backslash, .null]).subtracting(allowed)) == nil)
        #expect(Self.normal(path, allowed) == normal)
    }

    @Test("normalising twice changes nothing, and the result has nothing left to normalise")
    func idempotent() {
        var random = SeededRandom(stream: 7)
        let alphabet = Array("/.%2eE5cCfF0a\\;".utf8)
        for round in 0..<100_000 {
            let path = [0x2F] + random.bytes(count: random.number(below: 20), alphabet: alphabet)
            let allowed = AllowedEncodings(rawValue: UInt8(round % 8))
            guard let once = Self.normal(path, allowed) else { continue }
            let twice = Self.normal(once, allowed)
            let text = String(latin1: once)
            let isClean = !text.contains("//") && !text.contains("/./") && !text.contains("/../")
            if twice != once || !isClean || text.hasSuffix("/..") || text.hasSuffix("/.") {
                Issue.record("seed \(random.seed): \(String(latin1: path)) → \(text)")
            }
        }
    }
}
