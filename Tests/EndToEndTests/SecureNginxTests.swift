// Debian's nginx as a backend that speaks TLS and wants to see who asks.

import GateTesting
import Testing

@Suite("With nginx as a backend over TLS", .enabled(if: Peer.nginx.mayRun, "needs Debian's nginx"))
struct SecureNginxTests {
    /// Starts nginx with a certificate for `app.internal` that verifies clients, and a proxy in front of it.
    private func play(client: Bool = true, _ body: (ProxyUnderTest, TemporaryDirectory) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        let authority = try TestAuthority(intermediate: true)
        let port = try takeFreePort()
        try authority.server("app.internal").write(to: directory, as: "server")
        try authority.client("gatehouse").write(to: directory, as: "client")
        try directory.write("ca.pem", authority.rootPEM)
        try directory.write(
            "nginx.conf",
            """
            daemon off; master_process off; error_log \(directory.file("error.log")); pid \(directory.file("pid"));
            user root;
            events { worker_connections 256; }
            http {
              access_log off; client_body_temp_path \(directory.file("body")); proxy_temp_path \(directory.file("proxy"));
              fastcgi_temp_path \(directory.file("f")); uwsgi_temp_path \(directory.file("u")); scgi_temp_path \(directory.file("s"));
              server {
                listen 127.0.0.1:\(port) ssl; root \(directory.path);
                ssl_certificate \(directory.file("server.pem")); ssl_certificate_key \(directory.file("server.key"));
                ssl_session_cache shared:s:1m; ssl_verify_depth 2;
                ssl_client_certificate \(directory.file("ca.pem")); ssl_verify_client on;
                keepalive_requests 2;
                location /facts { return 200 "$ssl_server_name|$ssl_client_verify|$ssl_session_reused|$scheme"; }
              }
            }
            """)
        try writeFile(
            directory.file("large.bin"), [UInt8]((0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 5) }))
        let nginx = try ChildProcess("nginx", ["-c", directory.file("nginx.conf")])
        defer { nginx.stop() }
        try waitForListener(port)
        let certificate =
            "certificate: { chain: \(directory.file("client.pem")), key: \(directory.file("client.key")) }"
        let keys = ["ca: \(directory.file("ca.pem"))", "name: app.internal"] + (client ? [certificate] : [])
        let settings = Stage.Settings(upstream: "tls: { \(keys.joined(separator: ", ")) }")
        let proxy = try ProxyUnderTest(settings.text(backend: "https://127.0.0.1:\(port)"))
        try body(proxy, directory)
        try proxy.stop()
    }

    @Test("nginx sees the name and our certificate, and new connections resume")
    func facts() throws {
        try play { proxy, _ in
            // Two requests on each connection.
            let answers = try (1...6).map { _ in try proxy.exchange(get("/facts")).body.text }
            #expect(answers[0] == "app.internal|SUCCESS|.|https")
            #expect(answers.last == "app.internal|SUCCESS|r|https")
        }
    }

    @Test("a large file arrives whole")
    func large() throws {
        try play { proxy, directory in
            let client = try proxy.connect()
            try client.send(get("/large.bin"))
            let answer = try client.readResponse(within: Deadline.usual * 4)
            #expect(try answer.body.bytes == readFile(directory.file("large.bin")))
        }
    }

    @Test("without our certificate it is nginx that refuses the request")
    func refused() throws {
        try play(client: false) { proxy, _ in
            let response = try proxy.exchange(get("/facts"))
            #expect(response.status == 400)
            #expect(response.body.text.contains("No required SSL certificate was sent"))
        }
    }
}
