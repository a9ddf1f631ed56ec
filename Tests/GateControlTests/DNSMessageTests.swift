import GateCore
import Testing

@testable import GateControl

@Suite("Questions and answers of DNS")
struct DNSMessageTests {
    private let question = DNSQuestion(name: "app.example", type: .a)
    private let head: [UInt8] = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]
    private let name: [UInt8] = [3] + Array("app".utf8) + [7] + Array("example".utf8) + [0]

    private func message(_ answer: [UInt8], head: [UInt8]? = nil) -> [UInt8] {
        (head ?? self.head) + name + [0, 1, 0, 1] + answer
    }

    private func record(_ owner: [UInt8], type: UInt8, ttl: [UInt8] = [0, 0, 0, 60], _ data: [UInt8]) -> [UInt8] {
        owner + [0, type, 0, 1] + ttl + [0, UInt8(data.count)] + data
    }

    private func read(_ bytes: [UInt8]) -> DNSAnswer? { DNSMessage.answer(bytes, to: question, id: 0x1234) }

    @Test("a question is as RFC 1035 §4.1 has it")
    func query() {
        let expected: [UInt8] = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 1, 0, 1]
        #expect(DNSMessage.query(question, id: 0x1234) == expected)
        #expect(DNSMessage.query(DNSQuestion(name: "a..b", type: .a), id: 1) == nil)
        #expect(DNSMessage.query(DNSQuestion(name: String(repeating: "a", count: 64), type: .a), id: 1) == nil)
    }

    @Test("an answer has its records, names in lower case, pointers followed")
    func answer() throws {
        let answer = try #require(read(message(record([0xC0, 12], type: 1, [192, 0, 2, 1]))))
        #expect(answer.code == .noError)
        #expect(
            answer.records == [
                DNSRecord(name: "app.example", seconds: 60, value: .address(IPAddress("192.0.2.1")!))
            ])
    }

    @Test("what is no answer to the question is none")
    func foreign() {
        let good = message(record([0xC0, 12], type: 1, [192, 0, 2, 1]))
        #expect(DNSMessage.answer(good, to: question, id: 0x1235) == nil)
        #expect(DNSMessage.answer(good, to: DNSQuestion(name: "app.example", type: .aaaa), id: 0x1234) == nil)
        #expect(DNSMessage.answer(good, to: DNSQuestion(name: "bpp.example", type: .a), id: 0x1234) == nil)
        var question = good
        question[2] = 0x01
        #expect(read(question) == nil)
    }

    @Test("every cut of an answer, and every single wrong byte, is survived")
    func damaged() {
        let good = message(record([0xC0, 12], type: 5, [1, 97, 0xC0, 16]))
        for count in 0..<good.count { #expect(read(Array(good[..<count])) == nil) }
        for at in good.indices {
            for byte in [0, 1, 63, 64, 0xBF, 0xC0, 0xFF] as [UInt8] {
                var bad = good
                bad[at] = byte
                _ = read(bad)
            }
        }
    }

    @Test("pointers that lead forward, to themselves or in circles are refused")
    func pointers() {
        let start = UInt8(12 + name.count + 4)
        for target in [start, start + 2, 200] {
            #expect(read(message(record([0xC0, target], type: 1, [192, 0, 2, 1]))) == nil)
        }
    }

    @Test("a negative answer says how long it holds (RFC 2308 §5)")
    func negative() throws {
        let head: [UInt8] = [0x12, 0x34, 0x81, 0x83, 0, 1, 0, 0, 0, 1, 0, 0]
        let numbers: [UInt8] = Array(repeating: 0, count: 19) + [30]
        let start = record([0xC0, 16], type: 6, [0, 0] + numbers)
        let answer = try #require(read(message(start, head: head)))
        #expect(answer.code == .noSuchName)
        #expect(answer.negativeSeconds == 30)
    }

    @Test("resolv.conf and hosts are read as their manuals say")
    func files() {
        let file = ResolverFile(
            "# c\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\nsearch a.example B.example\noptions ndots:2 timeout:1\n"
        )
        #expect(file.servers == [.ip(IPAddress("10.0.0.1")!, port: 53)])
        #expect(file.candidates("x") == ["x.a.example", "x.b.example", "x"])
        #expect(file.candidates("x.y.z") == ["x.y.z", "x.y.z.a.example", "x.y.z.b.example"])
        #expect(ResolverFile("").servers == [.ip(.loopbackIPv4, port: 53)])
        let hosts = HostsFile("127.0.0.1 localhost\n10.0.0.9\tdb Db.local # the database\nnonsense x\n")
        #expect(hosts.addresses(of: "db.local") == [IPAddress("10.0.0.9")!])
        #expect(hosts.addresses(of: "x") == nil)
        #expect(hosts.addresses(of: "app.localhost") == [.loopbackIPv4])
    }
}
