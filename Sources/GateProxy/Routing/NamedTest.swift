// Questions to what has a name and a value: fields, query parameters, cookies. Of several with one name any may answer yes.

import GateCore
import GateHTTP
import GatePattern

/// What is asked of one value.
enum ValueTest: Sendable {
    case present
    case exact([UInt8])
    case prefix([UInt8])
    case suffix([UInt8])
    case contains([UInt8])
    case pattern(Pattern)

    init(_ test: TextTest) {
        switch test {
        case .present: self = .present
        case .exact(let text): self = .exact(Array(text.utf8))
        case .prefix(let text): self = .prefix(Array(text.utf8))
        case .suffix(let text): self = .suffix(Array(text.utf8))
        case .contains(let text): self = .contains(Array(text.utf8))
        case .pattern(let pattern): self = .pattern(pattern)
        }
    }

    func ask(_ value: Span<UInt8>, _ bench: Bench) -> Answer {
        switch self {
        case .present: .yes
        case .exact(let text): Answer(ASCII.equals(text.span, value))
        case .prefix(let text): Answer(Bytes.hasPrefix(value, text.span))
        case .suffix(let text): Answer(Bytes.hasSuffix(value, text.span))
        case .contains(let text): Answer(Bytes.find(text.span, in: value) != nil)
        case .pattern(let pattern): bench.match(pattern, value)
        }
    }
}

/// A name, and what is asked of its values.
struct NamedTest: Sendable {
    let name: [UInt8]
    private let tests: [ValueTest]

    init(_ name: String, _ tests: [TextTest]) {
        self.name = Array(name.utf8)
        self.tests = tests.map { ValueTest($0) }
    }

    func ask(_ value: Span<UInt8>, _ bench: Bench) -> Answer {
        for test in tests {
            let answer = test.ask(value, bench)
            if answer != .no { return answer }
        }
        return .no
    }

    /// Values are compared as a backend reads them, with `+` and percent triplets undone.
    func askQuery(_ exchange: Exchange, _ bench: Bench) -> Answer {
        let query = exchange.requestTarget.extracting(exchange.targetParts.query)
        var parameters = QueryParameters()
        while let parameter = parameters.next(in: query) {
            guard QueryParameters.decodes(query.extracting(parameter.name), to: name.span) else { continue }
            bench.scratch.removeAll()
            QueryParameters.decode(query.extracting(parameter.value), into: &bench.scratch)
            let answer = askScratch(bench)
            if answer != .no { return answer }
        }
        return .no
    }

    private func askScratch(_ bench: Bench) -> Answer {
        let value = bench.scratch.takeOut()
        let answer = ask(decoded: value, bench)
        bench.scratch = value
        return answer
    }

    private func ask(decoded value: borrowing ByteBuffer, _ bench: Bench) -> Answer { ask(value.span, bench) }

    /// HTTP/2 clients may send a field line for each cookie.
    func askCookie(_ exchange: Exchange, _ bench: Bench) -> Answer {
        var next = exchange.request.first(.cookie)
        while let index = next {
            let value = exchange.requestValue(index)
            var pairs = CookieString()
            while let pair = pairs.next(in: value) {
                guard ASCII.equals(value.extracting(pair.name), name.span) else { continue }
                let answer = ask(value.extracting(pair.value), bench)
                if answer != .no { return answer }
            }
            next = exchange.request.first(.cookie, from: index + 1)
        }
        return .no
    }
}

/// A field's name, and what is asked of its values.
struct FieldTest: Sendable {
    private let test: NamedTest
    private let known: KnownField?
    /// Who the client is: only a trusted proxy may say so, and what others say is removed before a server sees it.
    private let isForwarding: Bool

    init(_ name: String, _ tests: [TextTest]) {
        test = NamedTest(name, tests)
        known = Self.known(name)
        isForwarding = Self.isForwarding(name)
    }

    private static func known(_ name: String) -> KnownField? {
        let bytes = Array(name.utf8)
        return KnownField(bytes.span)
    }

    /// Whether only a trusted proxy may send fields of this name.
    static func isForwarding(_ name: String) -> Bool { known(name).map { forwarding.contains($0) } ?? false }

    private static let forwarding: Set<KnownField> = [
        .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xRealIP,
    ]

    func ask(_ exchange: Exchange, _ bench: Bench) -> Answer {
        if isForwarding && !exchange.comesFromTrustedProxy { return .no }
        var next = first(exchange, from: 0)
        while let index = next {
            let answer = test.ask(exchange.requestValue(index), bench)
            if answer != .no { return answer }
            next = first(exchange, from: index + 1)
        }
        return .no
    }

    private func first(_ exchange: Exchange, from start: Int) -> Int? {
        if let known { return exchange.request.first(known, from: start) }
        return exchange.request.first(named: test.name.span, from: start)
    }
}
