// A proxy in front of a server that speaks TLS, with an authority of its own.

import GateTesting

/// What tests of TLS to servers have in common.
struct SecureServerStage {
    let authority: TestAuthority
    let files: TemporaryDirectory
    /// The root's file.
    let ca: String

    init(_ authority: TestAuthority? = nil) throws {
        let authority = try authority ?? TestAuthority()
        self.authority = authority
        files = try TemporaryDirectory()
        ca = try files.write("ca.pem", authority.rootPEM)
    }

    /// Plays `body` with a backend that runs `script` and whose certificate is verified with the root.
    /// - Parameter tls: further keys of the upstream's `tls`.
    func play<Result>(
        _ script: @escaping ScriptedServer.Script, tls: String = "", upstream: String = "", servers: [String]? = nil,
        top: String = "", _ body: (Stage) throws -> Result
    ) throws -> Result {
        let keys = ["ca: \"\(ca)\"", tls].filter { !$0.isEmpty }.joined(separator: ", ")
        return try play(script, allTLS: keys, upstream: upstream, servers: servers, top: top, body)
    }

    /// As `play`, with nothing but `allTLS` in the upstream's `tls`.
    func play<Result>(
        _ script: @escaping ScriptedServer.Script, allTLS: String, upstream: String = "", servers: [String]? = nil,
        top: String = "", _ body: (Stage) throws -> Result
    ) throws -> Result {
        let keys = [upstream, "tls: { \(allTLS) }"].filter { !$0.isEmpty }.joined(separator: ", ")
        // The handshake belongs to it, and the server's half of that is a thread of ours.
        let top = "timeouts: { connect: 1m }\n" + top
        var settings = Stage.Settings(top: top, upstream: keys, servers: servers)
        settings.isSecure = true
        return try Stage.play(script, settings, body)
    }
}
