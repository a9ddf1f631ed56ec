// The client against an authority that says anything.

import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import GateCertificates

/// Answers as the test says, by URL.
private final class ScriptedTransport: ACMETransport {
    typealias Script = @Sendable (ACMERequest, _ number: Int) throws -> ACMEResponse

    private let count = Mutex(0)
    private let script: Script

    init(_ script: @escaping Script) { self.script = script }

    var requestCount: Int { count.withLock { $0 } }

    func send(_ request: ACMERequest) async throws -> ACMEResponse {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return try script(request, number)
    }
}

private func answer(_ status: Int, _ body: String = "{}", retryAfter: String? = nil) -> ACMEResponse {
    ACMEResponse(
        status: status, body: Array(body.utf8), nonce: "n", location: "https://ca/1", retryAfter: retryAfter,
        contentType: "application/json")
}

private let directoryText =
    #"{"newNonce":"https://ca/nonce","newAccount":"https://ca/account","newOrder":"https://ca/order","renewalInfo":"https://ca/info","meta":{"profiles":{"short":"six days"}}}"#

@Suite("The ACME client")
struct ClientTests {
    private let clock = TestClock()
    private let storage = MemoryStorage()

    private func client(_ transport: ScriptedTransport, profile: String? = nil) -> ACMEClient {
        ACMEClient(
            authority: ACMEAuthority(directory: "https://ca/dir", profile: profile), email: nil, storage: storage,
            transport: transport, time: clock.source, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func account() -> ACMEAccount { ACMEAccount(key: AccountKey(), url: "https://ca/account/1") }

    /// An authority whose answers to POST are these.
    private func authority(_ post: @escaping @Sendable (Int) throws -> ACMEResponse) -> ScriptedTransport {
        ScriptedTransport { request, number in
            switch request.method {
            case .get: answer(200, directoryText)
            case .head: answer(200)
            case .post: try post(number)
            }
        }
    }

    @Test(
        "garbage is an error and no crash",
        arguments: [
            "", "{", "[]", "null", "0", "\"a\"", "{}", #"{"status":"odd"}"#, #"{"status":"valid","authorizations":{}}"#,
            #"{"status":"valid","authorizations":["a"],"finalize":7}"#, String(repeating: "[", count: 10_000),
            "\u{FF}\u{FE}", #"{"newNonce":1}"#,
        ])
    func garbage(_ text: String) async {
        let client = client(authority { _ in answer(201, text) })
        await #expect(throws: ACMEFailure.self) { try await client.order([.dns("a")], replaces: nil, as: account()) }
        let other = self.client(ScriptedTransport { _, _ in answer(200, text) })
        await #expect(throws: ACMEFailure.self) { try await other.directory() }
    }

    @Test("a nonce that is refused is replaced, but not for ever (RFC 8555 §6.5)")
    func nonces() async throws {
        let bad = #"{"type":"urn:ietf:params:acme:error:badNonce"}"#
        let order = #"{"status":"pending","authorizations":[],"finalize":"https://ca/f"}"#
        let once = client(authority { number in number == 3 ? answer(400, bad) : answer(201, order) })
        #expect(try await once.order([.dns("a")], replaces: nil, as: account()).url == "https://ca/1")
        let transport = authority { _ in answer(400, bad) }
        await #expect(throws: ACMEFailure.self) {
            try await client(transport).order([.dns("a")], replaces: nil, as: account())
        }
        #expect(transport.requestCount == 22)
    }

    @Test("limits are told with the time until they end", arguments: [true, false])
    func rateLimit(_ hasProblem: Bool) async {
        let text = hasProblem ? #"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many"}"# : "busy"
        let client = client(authority { _ in answer(429, text, retryAfter: "3600") })
        let failure = await #expect(throws: ACMEFailure.self) {
            try await client.order([.dns("a")], replaces: nil, as: account())
        }
        #expect(failure?.isRateLimit == true)
        #expect(failure?.retryAfter == clock.now.addingTimeInterval(3600))
    }

    private func source(_ transports: [ScriptedTransport], _ log: LogLines) -> ACMESource {
        let authorities = transports.indices.map { ACMEAuthority(directory: "https://ca/dir\($0)") }
        return ACMESource(
            ACMESettings(authorities: authorities), storage: storage, solvers: SolverSet([]), transports: transports,
            time: clock.source, log: log.logger)
    }

    private func failure(_ source: ACMESource) async -> IssuanceFailure? {
        let wanted = WantedCertificate(names: ["a.example.com"])
        let request = IssuanceRequest(
            wanted: wanted, place: CertificatePlace(storage: storage, id: wanted.id), failures: 0, blockedUntil: [:])
        return await #expect(throws: IssuanceFailure.self) { try await source.issue(request) }
    }

    @Test(
        "an authority in trouble is left alone for as long as it asks for, a day at most", arguments: [3600, 999_999])
    func trouble(_ seconds: Int) async {
        let source = source([ScriptedTransport { _, _ in answer(503, "", retryAfter: "\(seconds)") }], LogLines())
        let failure = await failure(source)
        let until = clock.now.addingTimeInterval(Double(min(seconds, 86_400)))
        #expect(failure?.blockedUntil == ["https://ca/dir0": until])
        #expect(failure?.retryAfter == until)
        #expect(
            failure?.description == "https://ca/dir0 answered the request to show its directory with status 503")
    }

    @Test("the log says once that the next authority is asked")
    func fallback() async {
        let log = LogLines()
        let broken = { ScriptedTransport { _, _ in answer(503, "") } }
        let source = source([broken(), broken()], log)
        for _ in 0..<3 { _ = await failure(source) }
        #expect(log.with("the next authority is asked").count == 1)
        #expect(log.with("warning: https://ca/dir0: ").count == 1)
    }

    @Test("a URL without TLS is not followed")
    func clearText() async {
        let client = client(ScriptedTransport { _, _ in answer(200, directoryText.replacingScheme()) })
        await #expect(throws: ACMEFailure.self) { try await client.openAccount() }
    }

    @Test("problems become words with advice, on one line")
    func words() async {
        let problem =
            #"{"type":"urn:ietf:params:acme:error:caa","detail":"a\nb","subproblems":[{"detail":"x","identifier":{"type":"dns","value":"a.example.com"}}]}"#
        let client = client(authority { _ in answer(403, problem) })
        let failure = await #expect(throws: ACMEFailure.self) {
            try await client.order([.dns("a")], replaces: nil, as: account())
        }
        #expect(
            failure?.description
                == "the authority refused an order: a b; a.example.com: x; allow the authority in the domain's CAA record"
        )
    }

    @Test("a profile that the authority does not have is an error that names those that it has")
    func profiles() async {
        let client = client(authority { _ in answer(201) }, profile: "long")
        let failure = await #expect(throws: ACMEFailure.self) {
            try await client.order([.dns("a")], replaces: nil, as: account())
        }
        #expect(failure?.description.contains("it has short") == true)
    }

    @Test("an order that may not replace a certificate is one like any other (RFC 9773 §5)")
    func replaced() async throws {
        let conflict = #"{"type":"urn:ietf:params:acme:error:alreadyReplaced"}"#
        let order = #"{"status":"pending","authorizations":[],"finalize":"https://ca/f"}"#
        let client = client(authority { number in number == 3 ? answer(409, conflict) : answer(201, order) })
        #expect(try await client.order([.dns("a")], replaces: "x.y", as: account()).order.status == .pending)
    }

    @Test("an account's key is stored before the authority hears of it")
    func accountKey() async throws {
        let client = client(authority { _ in throw ACMEFailure(.unreachable, "the wire is cut") })
        await #expect(throws: ACMEFailure.self) { try await client.openAccount() }
        let key = try #require(StorageKey("acme/ca_dir/account.json"))
        let stored = try JSON.decode(StoredAccount.self, try #require(try await storage.load(key)))
        #expect(stored.url == nil)
        let next = self.client(authority { _ in answer(201) })
        #expect(try await next.openAccount().key.pem == stored.keyPEM)
    }

    @Test("an account that cannot be read is an error, not a new account")
    func brokenAccount() async throws {
        let key = try #require(StorageKey("acme/ca_dir/account.json"))
        try await storage.store(Array("{".utf8), at: key)
        await #expect(throws: StorageFailure.self) { try await client(authority { _ in answer(201) }).openAccount() }
    }

    @Test("times of renewal are read with bounds (RFC 9773 §4.2)")
    func renewalInfo() async throws {
        func info(_ text: String, retryAfter: String? = nil) async throws -> RenewalInfo? {
            try await client(
                ScriptedTransport { request, _ in
                    request.url == "https://ca/dir"
                        ? answer(200, directoryText) : answer(200, text, retryAfter: retryAfter)
                }
            ).renewalInfo("a.b")
        }
        let good = #"{"suggestedWindow":{"start":"2027-01-15T08:00:00Z","end":"2027-01-16T08:00:00Z"}}"#
        #expect(try await info(good)?.window.start == clock.now)
        #expect(try await info(good, retryAfter: "1")?.askAgain == clock.now.addingTimeInterval(60))
        #expect(try await info(good, retryAfter: "999999")?.askAgain == clock.now.addingTimeInterval(86_400))
        let turned = #"{"suggestedWindow":{"start":"2027-01-16T08:00:00Z","end":"2027-01-15T08:00:00Z"}}"#
        for text in [turned, "{}", #"{"suggestedWindow":{"start":"soon","end":"later"}}"#] {
            await #expect(throws: ACMEFailure.self) { try await info(text) }
        }
    }
}

extension String {
    fileprivate func replacingScheme() -> String { split(separator: "https:").joined(separator: "http:") }
}
