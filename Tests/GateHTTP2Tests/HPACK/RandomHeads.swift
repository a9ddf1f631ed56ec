import GateTestSupport

/// Heads as they come on one connection: much is the same, some is new, and a little is odd.
struct RandomHeads {
    var random: SeededRandom
    private var earlier: [Field] = []

    init(random: SeededRandom) { self.random = random }

    private static let names = [
        "content-type", "content-length", "server", "date", "cookie", "set-cookie", "authorization", "accept",
        "accept-encoding", "accept-ranges", "access-control-allow-origin", "from", "x-request-id", "x-forwarded-for",
        "x-own", "x-y", "host", "via",
    ]
    private static let pseudo = [":method", ":scheme", ":authority", ":path", ":protocol"]

    /// A head: pseudo-fields, then others.
    mutating func next() -> [Field] {
        var head: [Field] = []
        if random.number(below: 2) == 0 {
            head.append(Field(":status", "\(100 + random.number(below: 500))"))
        } else {
            for name in Self.pseudo where random.number(below: 4) > 0 { head.append(Field(name, value(of: name))) }
        }
        for _ in 0..<random.number(below: 15) { head.append(field()) }
        return head
    }

    private mutating func field() -> Field {
        if random.number(below: 3) > 0, let again = earlier.randomElement(using: &random) { return again }
        let name =
            random.number(below: 4) > 0
            ? Self.names.randomElement(using: &random)!
            : "x-" + String(latin1: (0..<random.number(below: 20)).map { _ in UInt8(97 + random.number(below: 26)) })
        let field = Field(name, value(of: name))
        earlier.append(field)
        if earlier.count > 40 { earlier.removeFirst() }
        return field
    }

    private mutating func value(of name: String) -> String {
        switch random.number(below: 30) {
        case 0: return ""
        case 1: return bytes(random.number(below: 6000))
        case 2...7: return bytes(random.number(below: 200))
        case 8: return "gzip, deflate"
        default:
            return ["GET", "POST", "/", "/index.html", "http", "https", "*/*", "1", "example.com"].randomElement(
                using: &random)!
        }
    }

    /// Mostly letters and digits, now and then any byte.
    private mutating func bytes(_ count: Int) -> String {
        String(latin1: random.bytes(count: count, alphabet: Array("abcdefghijklmnopqrstuvwxyz0123456789-/=;, ".utf8)))
    }
}
