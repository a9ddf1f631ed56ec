// One question to a request, made ready for asking: names as bytes, known fields as numbers.

import GateCore
import GateHTTP
import GatePattern

/// An answer to a question. The third is neither yes nor no, and must not be taken for either.
enum Answer: UInt8 {
    case no, yes
    /// A pattern took too long to tell.
    case unknown

    init(_ holds: Bool) { self = holds ? .yes : .no }

    init(_ outcome: PatternMatcher.Outcome) {
        switch outcome {
        case .matched: self = .yes
        case .noMatch: self = .no
        case .limitReached: self = .unknown
        }
    }
}

/// What a worker needs to answer: a matcher, made when a pattern is there, and room for decoded values.
final class Bench {
    private(set) lazy var matcher = PatternMatcher()
    /// Emptied by whoever uses it.
    var scratch = ByteBuffer(capacity: 256)
    /// Candidates of the request that is being routed.
    var cursors: ContiguousArray<PathTable.Cursor> = []

    func match(_ pattern: Pattern, _ subject: Span<UInt8>) -> Answer { Answer(matcher.match(pattern, subject)) }
}

/// One question to a request.
enum ConditionTest: Sendable {
    case host([HostTest])
    case path([PathTest])
    case method(MethodTest)
    case secure(Bool)
    case listener(Set<String>)
    case client(AddressSet)
    case field(FieldTest)
    case query(NamedTest)
    case cookie(NamedTest)

    func ask(_ exchange: Exchange, _ bench: Bench) -> Answer {
        switch self {
        case .host(let tests): Self.askHost(tests, exchange, bench)
        case .path(let tests): Self.askPath(tests, exchange, bench)
        case .method(let test): Answer(test.holds(exchange))
        case .secure(let isSecure): Answer(exchange.isSecure == isSecure)
        case .listener(let names): Answer(names.contains(exchange.listener.plan.name))
        case .client(let addresses): Answer(exchange.facts.isPeerKnown && addresses.contains(exchange.findClient()))
        case .field(let test): test.ask(exchange, bench)
        case .query(let test): test.askQuery(exchange, bench)
        case .cookie(let test): test.askCookie(exchange, bench)
        }
    }

    private static func askHost(_ tests: [HostTest], _ exchange: Exchange, _ bench: Bench) -> Answer {
        for test in tests {
            let answer = test.ask(exchange.host, bench)
            if answer != .no { return answer }
        }
        return .no
    }

    private static func askPath(_ tests: [PathTest], _ exchange: Exchange, _ bench: Bench) -> Answer {
        for test in tests {
            let answer = test.ask(exchange.path, bench)
            if answer != .no { return answer }
        }
        return .no
    }
}

extension Exchange {
    /// Who the client is, before the filter that settles it had its turn.
    func findClient() -> IPAddress {
        guard comesFromTrustedProxy else { return peerAddress }
        return ClientAddress.find(in: request, peer: peerAddress, trusted: worker.trustedProxies)
    }
}

/// A host to compare with.
enum HostTest: Sendable {
    case exact([UInt8])
    /// With its dot.
    case suffix([UInt8])
    case pattern(Pattern)

    init(_ pattern: HostPattern) {
        switch pattern {
        case .exact(let name): self = .exact(Array(name.utf8))
        case .suffix(let suffix): self = .suffix(Array(".\(suffix)".utf8))
        case .pattern(let pattern): self = .pattern(pattern)
        }
    }

    func ask(_ host: Span<UInt8>, _ bench: Bench) -> Answer {
        switch self {
        case .exact(let name): Answer(ASCII.equals(name.span, host))
        case .suffix(let suffix): Answer(host.count > suffix.count && Bytes.hasSuffix(host, suffix.span))
        case .pattern(let pattern): bench.match(pattern, host)
        }
    }
}

/// A path to compare with.
enum PathTest: Sendable {
    case exact([UInt8])
    case prefix([UInt8])
    case glob(PathGlob)
    case pattern(Pattern)
    case any

    init(_ pattern: PathPattern) {
        switch pattern {
        case .exact(let path): self = .exact(Array(path.utf8))
        case .prefix(let prefix): self = .prefix(Array(prefix.utf8))
        case .glob(let glob): self = .glob(glob)
        case .pattern(let pattern): self = .pattern(pattern)
        case .any: self = .any
        }
    }

    func ask(_ path: Span<UInt8>, _ bench: Bench) -> Answer {
        switch self {
        case .exact(let text): Answer(ASCII.equals(text.span, path))
        case .prefix(let prefix): Answer(Self.takes(prefix.span, path))
        case .glob(let glob): Answer(glob.matches(path))
        case .pattern(let pattern): bench.match(pattern, path)
        case .any: .yes
        }
    }

    /// `/api/*` takes `/api` as well; `/*` takes every path, and `*` of `OPTIONS *` as it always did.
    private static func takes(_ prefix: Span<UInt8>, _ path: Span<UInt8>) -> Bool {
        if Bytes.hasPrefix(path, prefix) || prefix.count == 1 { return true }
        guard prefix.count > 1, prefix[prefix.count - 1] == ASCII.slash else { return false }
        return ASCII.equals(prefix.extracting(0..<(prefix.count - 1)), path)
    }
}

/// Methods to compare with.
struct MethodTest: Sendable {
    /// A bit for each known method.
    private var known: UInt16 = 0
    private var others: [[UInt8]] = []

    init(_ methods: [String]) {
        for text in methods {
            let bytes = Array(text.utf8)
            let method = Method(bytes.span)
            if method == .other { others.append(bytes) } else { known |= 1 << UInt16(method.rawValue) }
        }
    }

    func holds(_ exchange: Exchange) -> Bool {
        let method = exchange.request.method
        if method != .other { return known & 1 << UInt16(method.rawValue) != 0 }
        for other in others where ASCII.equals(other.span, exchange.requestMethod) { return true }
        return false
    }
}
