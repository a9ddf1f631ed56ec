import GateCore
import GateTLS
import GateTesting
import Testing

extension TestCertificate {
    /// As the server wants it.
    var credential: TLSCredential {
        get throws { try TLSCredential(chainPEM: Array(chainPEM.utf8), keyPEM: Array(keyPEM.utf8)) }
    }
}

extension ServerNames {
    /// One identity for everybody.
    static func one(_ certificates: TestCertificate...) throws -> ServerNames {
        ServerNames(
            identities: [:], fallback: ServerIdentity(credentials: try certificates.map { try $0.credential }))
    }
}

private func expectAlert(_ number: UInt8, _ body: () throws -> Void) {
    let failure = #expect(throws: WireFailure.self) { try body() }
    #expect(failure?.kind == .alert(number))
}

@Suite("A TLS layer")
struct TLSLayerTests {
    static let authority = try! TestAuthority()
    static let certificate = try! authority.server("a.example", "*.wild.example")

    private func options(_ change: (inout RawTLSOptions) -> Void = { _ in }) -> RawTLSOptions {
        RawTLSOptions().with {
            $0.roots = Self.authority.rootPEM
            change(&$0)
        }
    }

    @Test(
        "carries bytes both ways, whatever the sizes (RFC 8446 §5.1, RFC 5246 §6.2)",
        arguments: [
            RawTLSVersion.v12, .v13,
        ])
    func echo(_ version: RawTLSVersion) throws {
        let server = try EchoServer(names: .one(Self.certificate))
        defer { server.stop() }
        let client = try RawTLSConnection.connect(to: server.address, options { $0.versions = version...version })
        #expect(client.version == version)
        var random = SystemRandomNumberGenerator()
        for size in [1, 5, 1000, 16_383, 16_384, 16_385, 100_000] {
            let bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            try client.send(bytes)
            #expect(try client.read(exactly: size) == bytes)
        }
        try client.endSending()
        try client.expectEnd()
        #expect(server.notes.goodbyeCount == 1)
    }

    @Test("a write counts when it is with the kernel: nothing is lost or doubled on a peer that reads late")
    func blockedWrites() throws {
        let server = try EchoServer(names: .one(Self.certificate), sendBufferBytes: 16 << 10)
        defer { server.stop() }
        let raw = try RawConnection.connect(to: server.address, receiveBufferBytes: 16 << 10)
        let client = try RawTLSConnection(over: raw, options())
        try client.handshake()
        // Many times what the two buffers hold, so that the server's writes stop in the middle of records.
        let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 13) }
        let sending = Background { try client.send(bytes) }
        try eventually("the server's writes to stop") { server.notes.blockedCount > 0 }
        for start in stride(from: 0, to: bytes.count, by: 1 << 16) {
            #expect(try client.read(exactly: 1 << 16) == Array(bytes[start..<(start + 65_536)]))
        }
        try sending.value()
    }

    @Test(
        "groups are agreed on in our order, the hybrid one first",
        arguments: [
            ("X25519MLKEM768:X25519:P-256", "X25519MLKEM768"), ("P-256:X25519", "X25519"), ("P-256", "P-256"),
        ])
    func groups(_ offered: String, _ expected: String) throws {
        let server = try EchoServer(names: .one(Self.certificate))
        defer { server.stop() }
        let client = try RawTLSConnection.connect(to: server.address, options { $0.groups = offered })
        #expect(client.group == expected)
    }

    @Test(
        "the certificate is one whose signature the client can verify (RFC 8446 §4.4.2.2)",
        arguments: [
            ("ECDSA+SHA256", 0), ("RSA-PSS+SHA256", 1),
        ])
    func choiceByKey(_ signatures: String, _ expected: Int) throws {
        let both = [Self.certificate, try Self.authority.server("a.example", key: .rsa)]
        let server = try EchoServer(names: .one(both[0], both[1]))
        defer { server.stop() }
        let client = try RawTLSConnection.connect(to: server.address, options { $0.signatures = signatures })
        #expect(client.peerChain[0] == both[expected].leafDER)
    }

    @Test("a client without a protocol of ours is refused by alert 120 (RFC 7301 §3.2)")
    func protocols() throws {
        let server = try EchoServer(names: .one(Self.certificate))
        defer { server.stop() }
        expectAlert(120) {
            _ = try RawTLSConnection.connect(to: server.address, options { $0.protocols = ["spdy/3"] })
        }
        // The alert is on its way before the server has noted why.
        try eventually("the server's word") { !server.notes.allFailures.isEmpty }
        #expect(server.notes.allFailures.map(\.kind) == [.noCommonProtocol])
        let none = try RawTLSConnection.connect(to: server.address, options { $0.protocols = [] })
        #expect(none.negotiatedProtocol == nil)
    }

    @Test("an unknown name is refused by alert 112 where the policy says so (RFC 6066 §3)")
    func unknownNames() throws {
        var policy = ServerTLSPolicy()
        policy.refusesUnknownNames = true
        let identity = ServerIdentity(credentials: [try Self.certificate.credential])
        let names = ServerNames(identities: ["a.example": identity, "*.wild.example": identity], fallback: nil)
        let server = try EchoServer(policy, names: names)
        defer { server.stop() }
        for known in ["a.example", "A.Example", "x.wild.example"] {
            let client = try RawTLSConnection.connect(to: server.address, options { $0.serverName = known })
            // With its tickets unread a connection would end in a reset, which the server notes as a failure.
            try client.send("x")
            _ = try client.read(exactly: 1)
        }
        for unknown in ["b.example", "wild.example", "x.y.wild.example"] {
            expectAlert(112) {
                _ = try RawTLSConnection.connect(to: server.address, options { $0.serverName = unknown })
            }
        }
        // The last client may hear of it first.
        try eventually("the server's word on each") { server.notes.allFailures.count >= 3 }
        #expect(server.notes.allFailures.map(\.kind) == [.unknownName, .unknownName, .unknownName])
    }

    @Test(
        "sessions are resumed across a rotation of ticket keys, and not when the key is gone (RFC 8446 §4.6.1)",
        arguments: [
            RawTLSVersion.v12, .v13,
        ])
    func resumption(_ version: RawTLSVersion) throws {
        let server = try EchoServer(names: .one(Self.certificate))
        defer { server.stop() }
        let options = options { $0.versions = version...version }
        func session(_ session: RawTLSSession?) throws -> (isResumed: Bool, next: RawTLSSession) {
            let client = try RawTLSConnection.connect(to: server.address, options.with { $0.session = session })
            try client.send("x")
            _ = try client.read(exactly: 1)
            return (client.isResumed, try #require(client.sessions.last ?? session))
        }
        let first = try session(nil)
        #expect(!first.isResumed)
        #expect(try session(first.next).isResumed)
        server.change { $0.context.ticketKeys = $0.context.ticketKeys.rotated() }
        let second = try session(first.next)
        #expect(second.isResumed)
        server.change { $0.context.ticketKeys = TicketKeys([.random()]) }
        #expect(try !session(second.next).isResumed)
    }

    @Test("keys of files with 80 and with 48 bytes seal tickets that the same key opens, and no other size is a key")
    func ticketKeySizes() throws {
        let server = try EchoServer(names: .one(Self.certificate))
        defer { server.stop() }
        func session(_ session: RawTLSSession?) throws -> (isResumed: Bool, next: RawTLSSession) {
            let client = try RawTLSConnection.connect(to: server.address, options { $0.session = session })
            try client.send("x")
            _ = try client.read(exactly: 1)
            return (client.isResumed, try #require(client.sessions.last))
        }
        for count in [80, 48] {
            let bytes = (0..<count).map { UInt8($0) }
            let key = try #require(TicketKey(bytes))
            server.change { $0.context.ticketKeys = TicketKeys([key]) }
            let first = try session(nil)
            #expect(!first.isResumed)
            let next = try session(first.next)
            #expect(next.isResumed)
            // The last byte is a key's, too.
            let other = try #require(TicketKey(bytes.dropLast() + [0xFF]))
            server.change { $0.context.ticketKeys = TicketKeys([other]) }
            #expect(try !session(next.next).isResumed)
        }
        for count in [0, 47, 49, 79, 81] { #expect(TicketKey([UInt8](repeating: 1, count: count)) == nil) }
    }

    @Test("sessions begun where no certificate was asked for do not open what asks for one")
    func sessionScopes() throws {
        let credential = try Self.certificate.credential
        let trust = try TrustStore(authoritiesPEM: Array(Self.authority.rootPEM.utf8))
        let guarded = ServerIdentity(
            credentials: [credential], clientAuthentication: ClientAuthentication(mode: .required, trust: trust),
            sessionScope: [1])
        let names = ServerNames(
            identities: ["a.example": ServerIdentity(credentials: [credential]), "x.wild.example": guarded],
            fallback: nil)
        let server = try EchoServer(names: names)
        defer { server.stop() }
        let open = try RawTLSConnection.connect(to: server.address, options())
        try open.send("x")
        _ = try open.read(exactly: 1)
        let session = try #require(open.sessions.last)
        #expect(throws: WireFailure.self) {
            let client = try RawTLSConnection.connect(
                to: server.address,
                RawTLSOptions().with {
                    $0.serverName = "x.wild.example"
                    $0.session = session
                })
            try client.send("x")
            _ = try client.read(exactly: 1)
        }
        // The client may hear of it first.
        try eventually("the server's word") { server.notes.allFailures.map(\.kind) == [.certificateMissing] }
    }

    @Test("a handshake waits for a certificate that is on its way, and goes on with it or without")
    func suspended() throws {
        let server = try EchoServer(names: ServerNames(identities: [:], fallback: nil), waitsForUnknownNames: true)
        defer { server.stop() }
        let names = try ServerNames.one(Self.certificate)
        let waiting = Background { try RawTLSConnection.connect(to: server.address, RawTLSOptions()) }
        try eventually("the handshake asks for a name") { server.notes.allWanted == ["a.example"] }
        server.change { loop in
            loop.context.names = ServerNames(identities: ["a.example": names.fallback!], fallback: nil)
            for connection in loop.suspended { connection.goOn() }
            loop.suspended = []
        }
        let client = try waiting.value()
        try client.send("hello")
        #expect(try client.read(exactly: 5) == Array("hello".utf8))
        let refused = Background {
            try RawTLSConnection.connect(to: server.address, RawTLSOptions().with { $0.serverName = "b.example" })
        }
        try eventually("the handshake asks for a name") { server.notes.allWanted == ["a.example", "b.example"] }
        server.change { loop in
            for connection in loop.suspended { connection.giveUp() }
        }
        expectAlert(112) { _ = try refused.value() }
    }

    @Test("a challenge's certificate is shown to who asks for acme-tls/1, and to nobody else (RFC 8737 §3)")
    func challenges() throws {
        let challenge = try Self.authority.server("a.example")
        let names = ServerNames(
            identities: [:], fallback: ServerIdentity(credentials: [try Self.certificate.credential]),
            challenges: ["a.example": try challenge.credential])
        let server = try EchoServer(names: names)
        defer { server.stop() }
        let authority = try RawTLSConnection.connect(to: server.address, options { $0.protocols = ["acme-tls/1"] })
        #expect(authority.peerChain[0] == challenge.leafDER)
        #expect(authority.negotiatedProtocol == "acme-tls/1")
        let other = try RawTLSConnection.connect(to: server.address, options())
        #expect(other.peerChain[0] == Self.certificate.leafDER)
        expectAlert(120) {
            _ = try RawTLSConnection.connect(
                to: server.address,
                options {
                    $0.serverName = "x.wild.example"
                    $0.protocols = ["acme-tls/1"]
                })
        }
    }

    @Test("HTTP in clear text is told apart")
    func clearText() throws {
        let server = try EchoServer(names: .one(Self.certificate))
        defer { server.stop() }
        let client = try RawConnection.connect(to: server.address)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try client.waitForEnd()
        #expect(server.notes.allFailures.map(\.kind) == [.clearTextHTTP])
    }
}
