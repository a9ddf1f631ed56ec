// Certificates, challenges and plans that change while clients come and go.

import GateCore
import GateProxy
import GateTLS
import GateTesting
import Synchronization
import Testing

@Suite("TLS changes without a stop")
struct LiveChangeTests {
    /// Clients that connect, ask and leave, some of them staying for several requests, until `stop`.
    private final class Load: Sendable {
        private let isOver = Atomic(false)
        let answered = Tally()
        let failures = Monitor<[String]>([])
        let subjects = Monitor<Set<String>>([])
        private let threads = Monitor<[Thread]>([])

        init(_ stage: TLSStage, clients: Int = 3) throws {
            let address = try stage.address
            for _ in 0..<clients {
                let thread = Thread { [self] in
                    while !isOver.load(ordering: .relaxed) {
                        do { try visit(address) } catch { failures.update { $0.append("\(error)") } }
                    }
                }
                threads.update { $0.append(thread) }
            }
        }

        private func visit(_ address: SocketAddress) throws {
            let client = try RawTLSConnection.connect(to: address)
            subjects.update { $0.insert(subject(of: client)) }
            for number in 0..<3 {
                try client.send(get("/", number == 2 ? "Connection: close\r\n" : ""))
                guard try client.readResponse().status == 200 else { throw WireFailure(.malformed("status")) }
                answered.add("answers")
            }
            try client.expectEnd()
        }

        func stop() throws {
            isOver.store(true, ordering: .relaxed)
            for thread in threads.current { try thread.join() }
        }
    }

    @Test("a certificate is replaced under load, and nothing is lost")
    func certificate() throws {
        try TLSStage.play { stage throws in
            let load = try Load(stage)
            for number in 1...10 {
                let before = load.answered["answers"]
                try eventually("some answers") { load.answered["answers"] >= before + 9 }
                try stage.replaceCertificates {
                    $0.identities["a.example"] = try ServerIdentity(stage.authority.server("a.example", "v\(number)"))
                }
            }
            let before = load.answered["answers"]
            try eventually("some answers") { load.answered["answers"] >= before + 9 }
            try load.stop()
            #expect(load.failures.current == [])
            #expect(try subject(of: stage.connect()) == "CN=a.example")
        }
    }

    @Test("new connections get the new certificate at once, old ones go on with the old one")
    func newCertificate() throws {
        try TLSStage.play { stage throws in
            let old = try stage.connect()
            let next = try stage.authority.server("a.example")
            try stage.replaceCertificates { $0.identities["a.example"] = try ServerIdentity(next) }
            #expect(try stage.connect().peerChain == [next.leafDER])
            #expect(old.peerChain != [next.leafDER])
            try old.send(get())
            #expect(try old.readResponse().status == 200)
        }
    }

    @Test("a plan is replaced under load, and nothing is lost")
    func plan() throws {
        try TLSStage.play { stage throws in
            let load = try Load(stage)
            for number in 1...10 {
                let before = load.answered["answers"]
                try eventually("some answers") { load.answered["answers"] >= before + 9 }
                try stage.reload {
                    $0.listener.timeouts.bodyMs = 10_000 + number
                    $0.tls?.policy.groups = number % 2 == 0 ? [.x25519, .p256] : [.p256]
                }
            }
            try load.stop()
            #expect(load.failures.current == [])
        }
    }

    @Test(
        "a reload makes a clear-text listener of a TLS listener and the other way round; connections go on as they began"
    )
    func switched() throws {
        try TLSStage.play { stage throws in
            let secure = try stage.connect()
            try stage.reload { $0.tls = nil }
            let clear = try stage.connectRaw()
            try clear.send(get())
            #expect(try clear.readResponse().status == 200)
            try secure.send(get())
            #expect(try secure.readResponse().status == 200)
            try stage.reload()
            #expect(try stage.exchange(get()).status == 200)
            try clear.send(get())
            #expect(try clear.readResponse().status == 200)
            try secure.send(get())
            #expect(try secure.readResponse().status == 200)
        }
    }

    // MARK: Challenges

    @Test(
        "an authority's question for a token is answered before everything else (RFC 8555 §8.3)",
        arguments: [true, false])
    func tokens(isSecure: Bool) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            if !isSecure { settings.tls = nil }
            settings.listener.redirectsToHTTPS = true
        }
        func ask(_ stage: TLSStage, _ request: String) throws -> RawResponse {
            if isSecure { return try stage.exchange(request) }
            let client = try stage.connectRaw()
            try client.send(request)
            return try client.readResponse()
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let path = "/.well-known/acme-challenge/"
            stage.workers.setChallenges(["token": "token.thumbprint"])
            let answer = try ask(stage, get(path + "token"))
            #expect(answer.status == 200)
            #expect(answer.body.text == "token.thumbprint")
            #expect(answer["Content-Type"] == ["application/octet-stream"])
            let others = [get(path), get(path + "other"), get(path + "token/"), post(path + "token", body: "")]
            for other in others { #expect(try ask(stage, other).status == (isSecure ? 200 : 308)) }
            stage.workers.setChallenges([:])
            #expect(try ask(stage, get(path + "token")).status == (isSecure ? 200 : 308))
            #expect(stage.backend.requestCount == (isSecure ? 5 : 0))
        }
    }

    @Test("an authority's question by TLS gets the challenge's certificate, and the connection ends (RFC 8737 §3)")
    func challengeCertificate() throws {
        try TLSStage.play { stage throws in
            let challenge = try stage.authority.server("a.example")
            stage.setChallengeCertificates(["a.example": try TLSCredential(challenge)])
            let client = try stage.connect(RawTLSOptions().with { $0.protocols = ["acme-tls/1"] })
            #expect(client.negotiatedProtocol == "acme-tls/1")
            #expect(client.peerChain == [challenge.leafDER])
            try client.expectEnd()
            // Nobody else gets it.
            #expect(try stage.connect().peerChain != [challenge.leafDER])
            stage.setChallengeCertificates([:])
            try expectAlert(120) { try stage.connect(RawTLSOptions().with { $0.protocols = ["acme-tls/1"] }) }
        }
    }

    // MARK: On demand

    private final class Requester: CertificateRequester {
        let names = Monitor<[String]>([])
        func certificateWanted(for name: String) { names.update { $0.append(name) } }
    }

    private static func onDemand(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
        settings.tls?.asksForUnknownNames = true
        settings.tls?.policy.refusesUnknownNames = true
    }

    @Test("a handshake for a new name waits for its certificate; each name is asked for once")
    func onDemand() throws {
        try TLSStage.play(ScriptedServer.echo, Self.onDemand) { stage throws in
            let requester = Requester()
            stage.workers.setCertificateRequester(requester)
            let address = try stage.address
            let clients = ["new.example", "NEW.example", "new.example."].map { name in
                Background {
                    try RawTLSConnection.connect(to: address, RawTLSOptions().with { $0.serverName = name })
                }
            }
            try eventually("the handshakes to wait") { stage.workers.counters().handshakesUnderWay == 3 }
            #expect(requester.names.wait { $0.isEmpty ? nil : $0 } == ["new.example"])
            // Others are served meanwhile.
            #expect(try stage.exchange(get()).status == 200)
            let certificate = try stage.authority.server("new.example")
            try stage.replaceCertificates { $0.identities["new.example"] = try ServerIdentity(certificate) }
            for client in clients { #expect(try client.value().peerChain == [certificate.leafDER]) }
            #expect(requester.names.current == ["new.example"])
        }
    }

    @Test("a name that gets no certificate is refused with unrecognized_name (RFC 6066 §3)")
    func refused() throws {
        try TLSStage.play(ScriptedServer.echo, Self.onDemand) { stage throws in
            let requester = Requester()
            stage.workers.setCertificateRequester(requester)
            let address = try stage.address
            let client = Background {
                try RawTLSConnection.connect(to: address, RawTLSOptions().with { $0.serverName = "new.example" })
            }
            #expect(requester.names.wait { $0.isEmpty ? nil : $0 } == ["new.example"])
            stage.workers.refuseCertificate(for: "new.example")
            try expectAlert(112) { try client.value() }
        }
    }

    @Test("a name that nobody decides about ends with the handshake's time")
    func undecided() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            Self.onDemand(&settings, authority)
            settings.listener.timeouts.handshakeMs = 200
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            stage.workers.setCertificateRequester(Requester())
            #expect(throws: WireFailure.self) { try stage.connect(as: "new.example") }
            try stage.waitForHandshakes(.timeout, 1)
        }
    }
}
