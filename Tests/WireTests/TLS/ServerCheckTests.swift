// Active checks of servers with TLS.

import GateProxy
import GateTesting
import Gatehouse
import Testing

@Suite("TLS to servers: active checks")
struct ServerCheckTests {
    private static let quick = "interval: 100ms, down_interval: 100ms, jitter: 0%, timeout: 10s, rise: 1, fall: 1"

    private func status(_ stage: Stage) -> ServerStatus? { stage.proxy.proxy.servers().first }

    @Test("a check goes over TLS, and is verified as requests are", arguments: ["path: /healthz", "type: tcp"])
    func well(check: String) throws {
        let secure = try SecureServerStage()
        let shaken = Monitor(0)
        let options = RawTLSOptions.server(try secure.authority.server("127.0.0.1"))
        let script = ScriptedServer.secure(options) { visit in
            shaken.update { $0 += 1 }
            while try visit.nextRequest() != nil { try visit.respond() }
        }
        let keys = "health: { \(check), initial: down, \(Self.quick) }"
        try secure.play(script, upstream: keys) { stage throws in
            try eventually("the server to be up") { status(stage)?.health == .healthy }
            // The client's side of a handshake is over first (RFC 8446 §4.4.4).
            try eventually("the server's side of the handshake") { shaken.current > 0 }
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    @Test("a certificate that does not hold makes a server unwell, and the verdict says why")
    func expired() throws {
        let secure = try SecureServerStage()
        let options = RawTLSOptions.server(try secure.authority.expired("127.0.0.1"))
        let keys = "health: { path: /healthz, \(Self.quick) }, panic_below: off"
        try secure.play(ScriptedServer.secureEcho(options), upstream: keys) { stage throws in
            try eventually("the server to be down") { status(stage)?.health == .down }
            #expect(status(stage)?.reason == "TLS failed: the certificate has expired (certificate has expired)")
            #expect(stage.backend.requestCount == 0)
            #expect(try stage.exchange(get()).status == 503)
        }
    }

    @Test("a server that stalls in the handshake is unwell within the check's time")
    func stalled() throws {
        let secure = try SecureServerStage()
        let script: ScriptedServer.Script = { visit in try visit.stall() }
        let keys = "health: { path: /healthz, interval: 100ms, jitter: 0%, timeout: 100ms, fall: 1 }"
        try secure.play(script, upstream: keys) { stage throws in
            try eventually("the server to be down") { status(stage)?.health == .down }
            #expect(status(stage)?.reason == "no TLS within 100 ms")
        }
    }

    @Test("a gRPC check offers h2 to a server that takes nothing else, and speaks it (RFC 9113 §3.2)")
    func grpc() throws {
        let secure = try SecureServerStage()
        let begins = Monitor<[String]>([])
        let options = RawTLSOptions.server(try secure.authority.server("127.0.0.1")).with { $0.protocols = ["h2"] }
        let script = ScriptedServer.secure(options) { visit in
            let preface = try visit.tls.read(exactly: 24)
            begins.update { $0.append(String(decoding: preface, as: UTF8.self)) }
        }
        let keys = "health: { type: grpc, \(Self.quick) }"
        try secure.play(script, upstream: keys) { stage throws in
            try eventually("a check") { !begins.current.isEmpty }
            #expect(begins.current.first == "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        }
    }
}
