// Reloads and new certificates under TLS load: nothing is lost.

import GateCore
import GateTesting
import Testing

/// The program with one TLS listener whose certificate lies in a directory.
private struct Scene {
    let authority: TestAuthority
    let directory: TemporaryDirectory
    let backend: ScriptedServer
    let gatehouse: GatehouseProcess

    static func play(_ body: (Scene) throws -> Void) throws {
        let authority = try TestAuthority(intermediate: true)
        let directory = try TemporaryDirectory()
        try authority.server("a.example").write(to: directory, as: "server")
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        let gatehouse = try GatehouseProcess(configuration(directory, backend, round: 0))
        try body(Scene(authority: authority, directory: directory, backend: backend, gatehouse: gatehouse))
        gatehouse.beginStop()
        #expect(try gatehouse.process.waitForEnd() == 0)
    }

    private static func configuration(
        _ directory: TemporaryDirectory, _ backend: ScriptedServer, round: Int
    ) -> String {
        """
        workers: 2
        log: { access: off }
        listeners:
          - address: "127.0.0.1:0"
            tls: { certificates: [{ chain: \(directory.file("server.pem")), key: \(directory.file("server.key")) }] }
        upstreams: { backend: { servers: ["\(backend.url)"] } }
        sites:
          - routes:
              - { match: { path: /round }, respond: { status: 200, body: "\(round)" } }
              - { proxy: backend }
        """
    }

    func reload(round: Int) throws { try gatehouse.reload(Self.configuration(directory, backend, round: round)) }

    /// Clients that verify what they are shown, some of which resume.
    func load() throws -> LoadGenerator {
        let (address, options) = (gatehouse.addresses[0], options)
        return LoadGenerator(clients: 4, requestsPerConnection: 5) {
            try RawTLSConnection.connect(to: address, options)
        }
    }

    func connect() throws -> RawTLSConnection { try RawTLSConnection.connect(to: gatehouse.addresses[0], options) }

    private var options: RawTLSOptions { RawTLSOptions().with { $0.roots = authority.rootPEM } }

    func exchange(_ request: String) throws -> RawResponse {
        let client = try connect()
        try client.send(request)
        return try client.readResponse()
    }

    /// Puts another certificate in the place of the present one, each file at once.
    func replaceCertificate() throws -> [UInt8] {
        let fresh = try authority.server("a.example")
        try fresh.write(to: directory, as: "fresh")
        try moveFile(directory.file("fresh.key"), to: directory.file("server.key"))
        try moveFile(directory.file("fresh.pem"), to: directory.file("server.pem"))
        return fresh.leafDER
    }
}

@Suite("Reload under TLS load", .serialized)
struct SecureReloadTests {
    @Test("fifty SIGHUPs lose nothing, and a connection outlives them")
    func reloads() throws {
        try Scene.play { scene in
            let kept = try scene.connect()
            let load = try scene.load()
            for round in 1...50 {
                try scene.reload(round: round)
                try eventually("round \(round)") { try scene.exchange(get("/round")).body.text == "\(round)" }
                // Another worker may serve it, which may take the reload a little later.
                try eventually("round \(round) on the kept connection") {
                    try kept.send(get("/round"))
                    return try kept.readResponse().body.text == "\(round)"
                }
            }
            try load.wait(forMore: 100)
            let outcome = try load.stop()
            #expect(outcome.failures == [])
            #expect(outcome.unanswered == [])
        }
    }

    @Test("certificates that change on disk are shown without a reload and without a loss")
    func certificates() throws {
        try Scene.play { scene in
            let kept = try scene.connect()
            let before = kept.peerChain.first
            let load = try scene.load()
            for round in 1...5 {
                let fresh = try scene.replaceCertificate()
                try eventually("certificate \(round)", within: Deadline.usual * 4) {
                    try scene.connect().peerChain.first == fresh
                }
            }
            try load.wait(forMore: 100)
            let outcome = try load.stop()
            #expect(outcome.failures == [])
            #expect(outcome.unanswered == [])
            try kept.send(get("/kept"))
            #expect(try kept.readResponse().status == 200)
            #expect(kept.peerChain.first == before)
        }
    }

    @Test("a broken pair on disk changes nothing, says so once, and the next good one is taken")
    func brokenPair() throws {
        try Scene.play { scene in
            let before = try scene.connect().peerChain.first
            try scene.directory.write("server.pem", "not a certificate")
            try scene.gatehouse.process.waitForText("server.pem")
            #expect(try scene.connect().peerChain.first == before)
            let fresh = try scene.replaceCertificate()
            try eventually("the next certificate", within: Deadline.usual * 4) {
                try scene.connect().peerChain.first == fresh
            }
        }
    }
}
