// Debian's nginx behind the proxy.

import GateTesting
import Testing

@Suite("With nginx as the backend", .enabled(if: Peer.nginx.mayRun, "needs Debian's nginx"))
struct NginxBackendTests {
    /// Starts nginx on a free port with a directory of files, and a proxy in front of it.
    private func play(_ body: (ProxyUnderTest, TemporaryDirectory) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        let port = try takeFreePort()
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
                listen 127.0.0.1:\(port); root \(directory.path);
                location /zipped/ { gzip on; gzip_proxied any; gzip_types *; gzip_min_length 1; alias \(directory.path)/; }
                location /fields { return 200 "$http_x_forwarded_for|$http_host|$http_connection|$request_uri"; }
                location /moved { return 301 /elsewhere; }
                location /empty { return 204; }
              }
            }
            """)
        try ServedFiles.write(to: directory)
        let nginx = try ChildProcess("nginx", ["-c", directory.file("nginx.conf")])
        defer { nginx.stop() }
        try waitForListener(port)
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: "http://127.0.0.1:\(port)"))
        try body(proxy, directory)
        try proxy.stop()
    }

    @Test("files, ranges, conditions and HEAD pass")
    func files() throws {
        try play { proxy, directory in
            try ServedFiles.expect(through: proxy, from: directory)
        }
    }

    @Test("chunked answers, redirects, empty ones and errors pass")
    func answers() throws {
        try play { proxy, _ in
            let zipped = try proxy.exchange(get("/zipped/small.txt", "Accept-Encoding: gzip\r\n"))
            #expect(zipped["Content-Encoding"] == ["gzip"])
            #expect(zipped.body.framing == .chunked)
            #expect(zipped.body.bytes.prefix(2) == [0x1f, 0x8b])
            #expect(try proxy.exchange(get("/moved")).status == 301)
            #expect(try proxy.exchange(get("/empty")).status == 204)
            #expect(try proxy.exchange(get("/none")).status == 404)
            #expect(try proxy.exchange(post("/small.txt", body: "x")).status == 405)
            #expect(try proxy.exchange(get("/fields?a=b")).body.text.hasPrefix("127.0.0.1|a.example|"))
        }
    }

    @Test("a thousand requests over kept connections meet none that nginx has closed")
    func keptConnections() throws {
        try play { proxy, _ in
            let rounds = (0..<4).map { _ in
                Background {
                    let client = try proxy.connect()
                    for _ in 0..<250 {
                        try client.send(get("/small.txt"))
                        let response = try client.readResponse()
                        guard response.body.text == "small\n" else { throw WireFailure(.malformed("\(response)")) }
                    }
                }
            }
            for round in rounds { try round.value(within: Deadline.long) }
        }
    }
}
