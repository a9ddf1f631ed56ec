// Handshakes with servers: versions, stalls, cuts, resumption, and what comes before them.

import GateTesting
import Testing

@Suite("TLS to servers: handshakes (RFC 8446, RFC 5246)")
struct ServerHandshakeTests {
    private static let noRetry = "retries: { attempts: 0 }"

    private func options(_ secure: SecureServerStage) throws -> RawTLSOptions {
        .server(try secure.authority.server("127.0.0.1"))
    }

    @Test("versions from 1.2 on are spoken", arguments: [RawTLSVersion.v12, .v13])
    func versions(_ version: RawTLSVersion) throws {
        let secure = try SecureServerStage()
        let options = try options(secure).with { $0.versions = version...version }
        try secure.play(ScriptedServer.secureEcho(options)) { stage throws in
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    static let versionFaults: [(ClosedRange<RawTLSVersion>, String)] = [
        (.v10 ... .v10, ""), (.v10 ... .v11, ""), (.v12 ... .v12, "min_version: \"1.3\""),
        (.v13 ... .v13, "max_version: \"1.2\""),
    ]

    @Test("a server that knows none of our versions is 502 (RFC 8996)", arguments: versionFaults)
    func noVersion(versions: ClosedRange<RawTLSVersion>, tls: String) throws {
        let secure = try SecureServerStage()
        let options = try options(secure).with { $0.versions = versions }
        try secure.play(ScriptedServer.secureEcho(options), tls: tls, upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("server_tls_version", in: stage)
        }
    }

    @Test("suites without forward secrecy or without authentication are not spoken (RFC 9325 §4.2)")
    func weakSuites() throws {
        let secure = try SecureServerStage()
        let options = RawTLSOptions.server(try secure.authority.server("127.0.0.1", key: .rsa)).with { options in
            options.versions = .v12 ... .v12
            options.suites = "AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA"
        }
        try secure.play(ScriptedServer.secureEcho(options), upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("server_tls_alert", in: stage)
        }
    }

    static let others: [RawCase] = [
        RawCase("HTTP in clear", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        RawCase("garbage", "hello\r\n"),
        RawCase("a record of a version that is none", "\u{16}\u{00}\u{00}\u{00}\u{01}\u{02}"), RawCase("nothing", ""),
    ]

    @Test("what answers a hello otherwise than with TLS is 502", arguments: others)
    func noTLS(other: RawCase) throws {
        let secure = try SecureServerStage()
        let script: ScriptedServer.Script = { visit in
            _ = try visit.connection.readSome()
            try visit.send(other.raw)
        }
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("server_tls_failed", in: stage)
        }
    }

    @Test("a reset in the middle of the handshake is 502")
    func reset() throws {
        let secure = try SecureServerStage()
        let script: ScriptedServer.Script = { visit in
            _ = try visit.connection.readSome()
            visit.connection.reset()
        }
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("server_tls_failed", in: stage)
        }
    }

    @Test("a handshake belongs to the time to connect", arguments: [0, 100])
    func stall(bytes: Int) throws {
        let secure = try SecureServerStage()
        let options = try options(secure).with { options in
            options.wire = { connection, flight in
                try connection.send(Array(flight.prefix(bytes)))
                try connection.waitForHangUp()
            }
        }
        let keys = "timeouts: { connect: 300ms }, \(Self.noRetry)"
        try secure.play(ScriptedServer.secureEcho(options), upstream: keys) { stage throws in
            #expect(try stage.exchange(get()).status == 504)
            try expectEnding("connect_timeout", in: stage)
        }
    }

    @Test(
        "a failed handshake has sent nothing, so that any request may go to another server", arguments: ["GET", "POST"])
    func retried(method: String) throws {
        let secure = try SecureServerStage()
        let good = try ScriptedServer(ScriptedServer.secureEcho(options(secure)))
        defer { good.stop() }
        let bad = ScriptedServer.secureEcho(.server(try secure.authority.expired("127.0.0.1")))
        let broken = try ScriptedServer(bad)
        defer { broken.stop() }
        try secure.play(bad, servers: [broken.secureURL, good.secureURL]) { stage throws in
            for _ in 1...4 {
                #expect(try stage.exchange(ask(method, "/", "Content-Length: 2\r\n") + "hi").status == 200)
            }
            #expect(broken.connectionCount > 0)
            #expect(broken.requestCount == 0)
        }
    }

    @Test("servers with and without TLS may serve one upstream")
    func mixed() throws {
        let secure = try SecureServerStage()
        let plain = try ScriptedServer(ScriptedServer.saying("plain"))
        let over = try ScriptedServer(
            ScriptedServer.secure(options(secure)) { visit in
                while try visit.nextRequest() != nil { try visit.respond(body: "secure") }
            })
        defer {
            plain.stop()
            over.stop()
        }
        try secure.play(ScriptedServer.echo, servers: [plain.url, over.secureURL]) { stage throws in
            let bodies = try (1...4).map { _ in try stage.exchange(get()).body.text }
            #expect(Set(bodies) == ["plain", "secure"])
        }
    }

    // MARK: Pieces

    @Test("a handshake in pieces of any size is one", arguments: [1, 2, 3, 5, 7, 100, 1000])
    func pieces(count: Int) throws {
        let secure = try SecureServerStage()
        let options = try options(secure).with { options in
            options.wire = { connection, bytes in
                var at = 0
                while at < bytes.count {
                    try connection.send(Array(bytes[at..<min(at + count, bytes.count)]))
                    at += count
                }
            }
        }
        try secure.play(ScriptedServer.secureEcho(options)) { stage throws in
            let response = try stage.exchange(post(body: "hello"))
            #expect(response.status == 200)
            #expect(response.body.text.contains("body: 5"))
        }
    }

    // MARK: Resumption

    @Test(
        "a new connection resumes an earlier one, with TLS 1.3 by a ticket of its own",
        arguments: [RawTLSVersion.v12, .v13])
    func resumption(version: RawTLSVersion) throws {
        #expect(try resumed(version, tls: "") == [false, true, true])
    }

    @Test("`resumption: false` begins anew each time", arguments: [RawTLSVersion.v12, .v13])
    func noResumption(version: RawTLSVersion) throws {
        #expect(try resumed(version, tls: "resumption: false") == [false, false, false])
    }

    /// Which of three connections, one after the other, go on from an earlier one.
    private func resumed(_ version: RawTLSVersion, tls: String) throws -> [Bool] {
        let secure = try SecureServerStage()
        let seen = Monitor<[Bool]>([])
        let options = try options(secure).with { options in
            options.versions = version...version
            options.ticketKey = [UInt8](repeating: 7, count: 48)
        }
        let script = ScriptedServer.secure(options) { visit in
            seen.update { $0.append(visit.tls.isResumed) }
            try visit.readRequest()
            try visit.respond(fields: "Connection: close\r\n")
            try visit.end()
        }
        return try secure.play(script, tls: tls) { stage throws in
            for _ in 1...3 { #expect(try stage.exchange(get()).status == 200) }
            return seen.current
        }
    }

    // MARK: What comes before

    @Test("a PROXY header goes first and in clear", arguments: ["v1", "v2"])
    func proxyHeader(version: String) throws {
        let secure = try SecureServerStage()
        let options = try options(secure)
        let begins = Monitor<[[UInt8]]>([])
        let script: ScriptedServer.Script = { visit in
            let begin =
                version == "v1"
                ? Array(try visit.connection.read(until: "\r\n").utf8) : try visit.connection.read(exactly: 28)
            begins.update { $0.append(begin) }
            try ScriptedServer.secureEcho(options)(visit)
        }
        try secure.play(script, upstream: "proxy_protocol: \(version)") { stage throws in
            #expect(try stage.exchange(get()).status == 200)
            let begin = begins.current.first ?? []
            let signature = Array((version == "v1" ? "PROXY TCP4 127.0.0.1 " : "\r\n\r\n\0\r\nQUIT\n").utf8)
            #expect(begin.starts(with: signature))
        }
    }
}
