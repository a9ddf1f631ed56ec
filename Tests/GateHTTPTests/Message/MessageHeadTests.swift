import GateCore
import GateHTTP
import GateTestSupport
import Testing

@Suite("Message head")
struct MessageHeadTests {
    @Test("setting a field replaces all of its name, in any case, and leaves the others in place")
    func set() {
        var head = MessageHead(received: [("A", "1"), ("Cookie", "x"), ("B", "2"), ("cookie", "y"), ("a", "3")])
        head.set(.cookie, "z".bytes.span)
        head.set("A", "4")
        #expect(head.lines == ["B: 2", "Cookie: z", "A: 4"])
    }

    @Test("adding a field leaves those of its name")
    func add() {
        var head = MessageHead(received: [("Set-Cookie", "a=1")])
        head.add(.setCookie, "b=2".bytes.span)
        head.add(.setCookie, "c=3")
        head.add("set-cookie", "d=4")
        #expect(head.lines == ["Set-Cookie: a=1", "Set-Cookie: b=2", "Set-Cookie: c=3", "set-cookie: d=4"])
        #expect(head.text(.setCookie) == "a=1")
    }

    @Test("removed fields are not found, later ones are")
    func removed() {
        var head = MessageHead(received: [("Via", "1"), ("X-A", "1"), ("Via", "2"), ("x-a", "2")])
        head.removeField(at: 0)
        #expect(head.text(.via) == "2")
        #expect(head.first(.via, from: 3) == nil)
        head.remove(named: "X-a".bytes.span)
        #expect(head.text(named: "x-a") == nil)
        head.remove(.via)
        #expect(head.has(.via) == false)
        #expect(head.mayHave(.via) == true, "the hint stays")
        #expect(head.lines == [])
    }

    @Test("a value may be written in pieces")
    func pieces() {
        var head = MessageHead()
        head.beginField(.via)
        head.withOwn { $0.append("1.1 ") }
        head.withOwn { $0.append(decimal: 42) }
        head.endField()
        head.beginField(.age)
        head.endField()
        #expect(head.lines == ["Via: 1.1 42", "Age: "])
    }

    @Test(
        "a name that is no token or a value with control bytes may not be put into a head (RFC 9110 §5.1, §5.5)",
        arguments: [
            ("X-A", "v", true), ("X-A", "", true), ("X-A", "a\tb", true), ("X-A", "ä", true), ("", "v", false),
            ("X A", "v", false), ("X:A", "v", false), ("X-Ä", "v", false), ("X-A", "a\nb", false),
            ("X-A", "a\r\nB: c", false), ("X-A", "\u{0}", false), ("X-A", "\u{7f}", false),
        ])
    func valid(name: String, value: String, isValid: Bool) {
        #expect(MessageHead.isValidField(name: name.bytes.span, value: value.bytes.span) == isValid)
    }

    @Test("putting an invalid field into a head stops the program")
    func invalid() async {
        await #expect(processExitsWith: .failure) {
            var head = MessageHead()
            head.set("X-A", "a\r\nB: c")
        }
    }

    @Test("a head that is reset has nothing of the message before")
    func reset() {
        var head = MessageHead(received: [("Host", "a"), ("X-A", "1")])
        head.set(.via, "1.1 x")
        head.status = 404
        head.reset()
        #expect(head.fieldCount == 0)
        #expect(head.mayHave(.host) == false)
        #expect(head.status == 0)
        #expect(head.received.count == 0)
        head.receive("Accept", "b")
        #expect(head.lines == ["Accept: b"])
    }

    @Test("any history of edits leaves what a list of pairs would hold")
    func againstModel() {
        var random = SeededRandom(stream: 6)
        let names = ["Host", "Via", "X-A", "x-a", "X-B", "COOKIE", "Cookie"]
        for round in 0..<300 {
            var head = MessageHead()
            var model: [(String, String)] = []
            for step in 0..<random.number(below: 60) {
                let name = names.randomElement(using: &random)!
                let isSame: ((String, String)) -> Bool = { $0.0.lowercased() == name.lowercased() }
                switch random.number(below: 6) {
                case 0, 1:
                    head.receive(name, "r\(step)")
                    model.append((name, "r\(step)"))
                case 2, 3:
                    head.add(name, "a\(step)")
                    model.append((name, "a\(step)"))
                case 4:
                    head.set(name, "s\(step)")
                    model.removeAll(where: isSame)
                    model.append((name, "s\(step)"))
                default:
                    head.remove(named: name.bytes.span)
                    model.removeAll(where: isSame)
                }
                #expect(head.text(named: name) == model.first(where: isSame)?.1, "seed \(random.seed)")
            }
            #expect(head.lines == model.map { "\($0.0): \($0.1)" }, "seed \(random.seed), round \(round)")
        }
    }
}

@Suite("Methods")
struct MethodTests {
    @Test("the names are known letter for letter (RFC 9110 §9.1)", arguments: Method.allCases)
    func names(method: Method) {
        let name = "\(method.name)"
        #expect(Method(name.bytes.span) == method)
        guard method != .other else { return }
        #expect(Method(name.lowercased().bytes.span) == .other)
        #expect(Method((name + "X").bytes.span) == .other)
        #expect(Method(name.dropLast().description.bytes.span) == .other)
    }
}
