import GateCore
import GatePattern
import GateTestSupport
import Testing

@Suite("Patterns")
struct PatternTests {
    private let matcher = PatternMatcher()

    private func match(_ pattern: String, _ subject: String) throws -> PatternMatcher.Outcome {
        let bytes = Array(subject.utf8)
        return matcher.match(try Pattern(pattern), bytes.span)
    }

    private func group(_ number: Int, of subject: String) -> String? {
        let bytes = Array(subject.utf8)
        return matcher.group(number).map { bytes.span.extracting($0).text }
    }

    @Test(
        "match as written, anywhere unless anchored, with case unless told otherwise",
        arguments: [
            ("^/u/([0-9]+)$", "/u/17", true), ("^/u/([0-9]+)$", "/u/x", false), ("\\.php$", "/a.php", true),
            ("\\.php$", "/a.phpx", false), ("abc", "xxabcxx", true), ("abc", "ABC", false), ("(?i)abc", "xABC", true),
            ("^$", "", true), ("a$", "a\n", false), ("^a|b$", "xb", true), ("^.$", "ä", false), ("^\\xC3.$", "ä", true),
            ("", "anything", true),
        ])
    func matching(_ pattern: String, _ subject: String, _ matches: Bool) throws {
        #expect(try match(pattern, subject) == (matches ? .matched : .noMatch))
    }

    @Test("groups are known by number and by name, anchored or not")
    func groups() throws {
        for start in ["^", ""] {
            let pattern = try Pattern(start + "/(?<kind>[a-z]+)/([0-9]+)(x)?(?<rest>/.*)?$")
            let subject = "/user/17/more"
            let bytes = Array(subject.utf8)
            #expect(matcher.match(pattern, bytes.span) == .matched)
            #expect(pattern.groupCount == 4)
            #expect(pattern.groupNames == ["kind": 1, "rest": 4])
            #expect(pattern.number(ofGroup: Array("rest".utf8)) == 4)
            #expect(group(0, of: subject) == subject)
            #expect(group(1, of: subject) == "user")
            #expect(group(2, of: subject) == "17")
            #expect(group(3, of: subject) == nil)
            #expect(group(4, of: subject) == "/more")
            #expect(group(5, of: subject) == nil)
        }
    }

    @Test("the whole match of a pattern that is searched for begins where it was found")
    func searched() throws {
        #expect(try match("b+", "aabbc") == .matched)
        #expect(matcher.group(0) == 2..<4)
    }

    @Test(
        "a text that is no pattern says where",
        arguments: [
            ("^/u/(", 5), ("[a", 2), ("a**b[", 2), ("(?<1>x)", 3), ("\\", 1), ("(?P<a>x)(?P<a>y)", 14),
            ("(*UTF)a", 6), ("a{2,1}", 5), ("x\\Cx", 3),
        ])
    func broken(_ text: String, _ offset: Int) {
        let error = #expect(throws: PatternError.self) { try Pattern(text) }
        #expect(error?.offset == offset)
        #expect(error?.message.isEmpty == false)
    }

    @Test("too many groups, too long a text, and an end inside a quotation are refused")
    func limits() throws {
        #expect(throws: Never.self) { try Pattern(String(repeating: "(a)", count: Pattern.groupsMax)) }
        #expect(throws: PatternError.self) { try Pattern(String(repeating: "(a)", count: Pattern.groupsMax + 1)) }
        #expect(throws: Never.self) { try Pattern(String(repeating: "a", count: Pattern.bytesMax)) }
        #expect(throws: PatternError.self) { try Pattern(String(repeating: "a", count: Pattern.bytesMax + 1)) }
        #expect(throws: PatternError.self) { try Pattern("a\\Qb") }
        #expect(throws: PatternError.self) { try Pattern("(?x)a # b") }
        #expect(throws: PatternError.self) { try Pattern("((a{1000}){1000}){1000}") }
    }

    @Test(
        "no pattern takes long, whatever the subject",
        arguments: [
            "^(a+)+$", "(a+)+$", "^(a|aa)+$", "(a|aa)+[xy]$", "^((a*)*)*[xy]$", "^.*.*.*.*.*[xy]$", "(.*)*[xy]$",
            "^(?:.*?y|.)*[zq]$", "^(.*)(.*)(.*)\\3\\2\\1[xy]$", "^(?:(?=.*[xy])|.)*[zq]$", "(?:a?){60}a{60}[xy]",
            "^(a{1,200}){1,200}[xy]$", "([a-z]+)*[0-9]+[xy]$", "(x+x+)+[yz]", "^(?:.+.+.+)+[xy]$", "(.+)+\\1+[xy]$",
        ])
    func catastrophes(_ text: String) throws {
        try expectQuick(Pattern(text))
        // As where the system allows no machine code to be made.
        if text.hasPrefix("^") { try expectQuick(Pattern("(*NO_JIT)" + text)) }
    }

    private func expectQuick(_ pattern: Pattern) throws {
        for count in [10, 30, 100, 1000, 8000, 60_000] {
            for (first, byte) in [("/", "a"), ("a", "a"), ("x", "x"), ("/", "/")] {
                let subject = first.utf8 + Array(repeating: byte.utf8.first!, count: count) + "!".utf8
                let milliseconds = cpuMilliseconds { _ = matcher.match(pattern, Array(subject).span) }
                // About one with machine code, ten for the longest subjects; more without it.
                #expect(milliseconds < (count <= 1000 ? 50 : 500), "\(pattern), \(count) times \(byte)")
            }
        }
    }

    @Test("what takes too long is told apart from what does not match")
    func told() throws {
        #expect(try match("^(a+)+$", String(repeating: "a", count: 40) + "!") == .limitReached)
        #expect(try match("(a+)+$", String(repeating: "a", count: 40) + "!") == .limitReached)
        #expect(try match("^(a+)+$", String(repeating: "a", count: 40)) == .matched)
        #expect(matcher.group(1) == 0..<40)
        #expect(try match("^(a+)+$", "b") == .noMatch)
        let most = String(repeating: "a", count: PatternMatcher.subjectBytesMax)
        #expect(try match("[xy]$", most) == .noMatch)
        #expect(try match("a", most + "a") == .limitReached)
        #expect(matcher.group(0) == nil)
    }

    @Test(
        "the literal beginning is known where it is plain",
        arguments: [
            ("^/u/([0-9]+)$", "/u/"), ("^/u17/x", "/u17/x"), ("^/ab*", "/a"), ("^/ab?c", "/a"), ("^/a|/b", ""),
            ("/u/", ""), ("(?i)^/u/", ""), ("^/a\\.b/", "/a.b/"), ("^/a\\d", "/a"), ("^/a.b", "/a"), ("^/ab{0}c", "/a"),
            ("^/a(?i)b", "/a"), ("^", ""), ("^/a\\", "/a"), ("^/ab+", "/a"), ("^/a$", "/a"), ("^/a\\*?", "/a"),
        ])
    func prefixes(_ text: String, _ prefix: String) {
        guard let pattern = try? Pattern(text) else { return }
        #expect(pattern.literalPrefix == prefix)
    }

    @Test("whatever a pattern matches begins with its literal beginning")
    func prefixesHold() {
        var random = SeededRandom(stream: 77)
        let alphabet = Array("^/ab.*+?(){}|[]\\-x1,$".utf8)
        let subjects = Array("/ab.-x1{}*".utf8)
        var checked = 0
        for _ in 0..<20_000 {
            let text =
                "^" + String(decoding: random.bytes(count: random.number(below: 9), alphabet: alphabet), as: UTF8.self)
            guard let pattern = try? Pattern(text), !pattern.literalPrefix.isEmpty else { continue }
            let literal = Array(pattern.literalPrefix.utf8)
            for _ in 0..<8 {
                let tail = random.bytes(count: random.number(below: 6), alphabet: subjects)
                let subject = random.number(below: 2) == 0 ? Array(literal.dropLast()) + tail : tail
                guard matcher.match(pattern, subject.span) == .matched else { continue }
                checked += 1
                #expect(subject.starts(with: literal), "\(text) takes \(subject), seed \(random.seed)")
            }
        }
        #expect(checked > 100)
    }
}
