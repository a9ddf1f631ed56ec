import GateCore
import GateHTTP
import GateTestSupport
import Testing

@Suite("Forwarding fields")
struct ForwardingTests {
    static let claims = [
        ("Host", "example.com"), ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "public.example"), ("X-Forwarded-Port", "443"), ("Forwarded", "for=198.51.100.1"),
        ("X-Real-IP", "198.51.100.1"),
    ]

    static func written(
        _ fields: [(String, String)], _ which: Forwarding.Fields, peer: String?, trusted: Bool, secure: Bool = false,
        port: UInt16 = 80
    ) -> [String] {
        var head = MessageHead(received: fields)
        let peer = peer.flatMap { IPAddress($0) }
        Forwarding(peer: peer, isPeerTrusted: trusted, isSecure: secure, port: port).write(which, to: &head)
        return head.lines
    }

    @Test("an untrusted peer's claims are replaced")
    func untrusted() {
        let lines = Self.written(Self.claims, .xForwarded, peer: "192.0.2.7", trusted: false, secure: true, port: 8443)
        #expect(
            lines == [
                "Host: example.com", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https",
                "X-Forwarded-Port: 8443", "X-Forwarded-Host: example.com",
            ])
    }

    @Test("an untrusted peer's claims are removed though nothing is written in their place")
    func removed() {
        let lines = Self.written(Self.claims, [], peer: "192.0.2.7", trusted: false)
        #expect(lines == ["Host: example.com"])
    }

    @Test("an untrusted peer says nothing of its certificate (RFC 9440 §2.4)")
    func certificates() {
        let claims = [
            ("Host", "a"), ("Client-Cert", ":eA==:"), ("client-cert-chain", ":eA==:"), ("Client-Certs", "x"),
            ("Client-Cert-Chain-", "x"),
        ]
        let left = ["Host: a", "Client-Certs: x", "Client-Cert-Chain-: x"]
        #expect(Self.written(claims, [], peer: "192.0.2.7", trusted: false) == left)
        #expect(Self.written(claims, [], peer: "192.0.2.7", trusted: true).count == claims.count)
    }

    @Test("a trusted peer's claims are kept and the peer is appended, in one line")
    func trusted() {
        let lines = Self.written(
            Self.claims + [("X-Forwarded-For", "203.0.113.5"), ("x-forwarded-for", "")], .xForwarded,
            peer: "2001:db8::1", trusted: true)
        #expect(lines.contains("X-Forwarded-For: 198.51.100.1, 203.0.113.5, 2001:db8::1"))
        #expect(lines.count { $0.lowercased().hasPrefix("x-forwarded-for") } == 1)
        #expect(lines.contains("X-Forwarded-Proto: https"))
        #expect(lines.contains("X-Forwarded-Host: public.example"))
        #expect(lines.contains("X-Forwarded-Port: 443"))
    }

    @Test("what a trusted peer leaves out is made")
    func completed() {
        let lines = Self.written([("Host", "a")], .xForwarded, peer: "192.0.2.7", trusted: true)
        #expect(
            lines == [
                "Host: a", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: http", "X-Forwarded-Port: 80",
                "X-Forwarded-Host: a",
            ])
    }

    @Test("a peer without an address adds none")
    func unixPeer() {
        let trusted = Self.written(Self.claims, .xForwarded, peer: nil, trusted: true)
        let untrusted = Self.written(Self.claims, .xForwarded, peer: nil, trusted: false)
        #expect(trusted.contains("X-Forwarded-For: 198.51.100.1"))
        #expect(!untrusted.contains { $0.hasPrefix("X-Forwarded-For") })
    }

    @Test(
        "Forwarded quotes what is no token (RFC 7239 §4, §6)",
        arguments: [
            ("192.0.2.7", "example.com", "for=192.0.2.7;host=example.com;proto=http"),
            ("2001:db8::1", "example.com:8080", #"for="[2001:db8::1]";host="example.com:8080";proto=http"#),
            (nil, "[::1]", #"for=unknown;host="[::1]";proto=http"#),
            ("192.0.2.7", #"a"b\"#, #"for=192.0.2.7;host="a\"b\\";proto=http"#),
        ] as [(String?, String, String)])
    func forwarded(peer: String?, host: String, value: String) {
        let lines = Self.written([("Host", host)], .forwarded, peer: peer, trusted: false)
        #expect(lines.last == "Forwarded: \(value)")
    }

    @Test("Forwarded from a trusted peer is appended to")
    func forwardedAppended() {
        let lines = Self.written(Self.claims, .forwarded, peer: "192.0.2.7", trusted: true, secure: true)
        #expect(lines.last == "Forwarded: for=198.51.100.1, for=192.0.2.7;host=example.com;proto=https")
    }

    @Test(
        "Forwarded that is malformed is dropped, as nothing behind it would be understood (RFC 7239 §4)",
        arguments: [
            "for=\"192.0.2.9", "for=\"192.0.2.9\\\"", "for", "for=", "=a", "for=192.0.2.9;proto", "for=[2001:db8::1]",
            "for=a b", "for=\"a\"b", "for=a=b", "192.0.2.9",
        ])
    func malformed(value: String) {
        let claims = [("Forwarded", "for=192.0.2.1"), ("Forwarded", value), ("Host", "a")]
        let lines = Self.written(claims, .forwarded, peer: "192.0.2.7", trusted: true)
        #expect(lines == ["Host: a", "Forwarded: for=192.0.2.7;host=a;proto=http"])
    }

    @Test(
        "Forwarded in any sound form is kept",
        arguments: [
            "for=192.0.2.9", "For=\"[2001:db8::1]:80\" ; proto=http", "for=_a, for=unknown;by=_b", "for=\"a\\\"b\"",
            "for=a,,for=b",
            "for=a;", "secret=x;for=a",
        ])
    func sound(value: String) {
        let lines = Self.written([("Forwarded", value), ("Host", "a")], .forwarded, peer: "192.0.2.7", trusted: true)
        #expect(lines.last == "Forwarded: \(value), for=192.0.2.7;host=a;proto=http")
    }

    @Test("a Host that was set by us is what is told")
    func ownHost() {
        var head = MessageHead(received: [("Host", "old.example")])
        head.set("Host", "new.example")
        Forwarding(peer: nil, isPeerTrusted: false, isSecure: false, port: 80).write(
            [.xForwarded, .forwarded], to: &head)
        #expect(head.text(.xForwardedHost) == "new.example")
        #expect(head.text(.forwarded) == "for=unknown;host=new.example;proto=http")
    }
}

@Suite("Client address behind proxies")
struct ClientAddressTests {
    static let trusted: AddressSet = [AddressBlock("10.0.0.0/8")!, AddressBlock("fd00::/8")!]

    static func find(_ lines: [String], peer: String = "10.0.0.1") -> String {
        let head = MessageHead(received: lines.map { ("X-Forwarded-For", $0) })
        return ClientAddress.find(in: head, peer: IPAddress(peer)!, trusted: trusted).description
    }

    @Test(
        "the first address from the right that is not trusted is the client",
        arguments: [
            (["192.0.2.1"], "192.0.2.1"), (["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
            (["192.0.2.1, 10.0.0.2"], "192.0.2.1"), (["192.0.2.1,10.0.0.2 ,\t10.0.0.3"], "192.0.2.1"),
            (["198.51.100.9", "192.0.2.1", "10.0.0.2"], "192.0.2.1"), (["2001:db8::1, fd00::2"], "2001:db8::1"),
            (["192.0.2.1, , ,", ""], "192.0.2.1"), (["::ffff:192.0.2.1, ::ffff:10.1.1.1"], "192.0.2.1"),
        ])
    func walked(lines: [String], client: String) {
        #expect(Self.find(lines) == client)
    }

    @Test("a peer that is not trusted is the client, whatever it claims")
    func untrustedPeer() {
        #expect(Self.find(["192.0.2.1"], peer: "203.0.113.7") == "203.0.113.7")
    }

    @Test("when all are trusted the leftmost is the client")
    func allTrusted() {
        #expect(Self.find(["10.0.0.9, 10.0.0.2"]) == "10.0.0.9")
        #expect(Self.find([]) == "10.0.0.1")
        #expect(Self.find([""]) == "10.0.0.1")
    }

    @Test(
        "ports and brackets are passed over",
        arguments: [
            ("192.0.2.1:5000", "192.0.2.1"), ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:5000", "2001:db8::1"),
        ])
    func ports(element: String, client: String) {
        #expect(Self.find([element]) == client)
    }

    @Test(
        "an element that is no address ends the walk at the address to its right",
        arguments: [
            "unknown", "_hidden", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:123456", "[2001:db8::1", "[2001:db8::1]x",
            "[]", "1.2.3", "01.2.3.4", "192.0.2.1 10.0.0.1", "\"192.0.2.1\"", ":", "2001:db8::1%eth0",
        ])
    func malformed(element: String) {
        #expect(Self.find(["192.0.2.99, \(element), 10.0.0.5"]) == "10.0.0.5")
        #expect(Self.find(["192.0.2.99, \(element)"]) == "10.0.0.1")
    }

    @Test("the walk is bounded", arguments: [(63, "192.0.2.1"), (64, "10.0.0.9"), (65, "10.0.0.9")])
    func bounded(hops: Int, client: String) {
        #expect(Self.find(["192.0.2.1"] + Array(repeating: "10.0.0.9", count: hops)) == client)
    }
}
