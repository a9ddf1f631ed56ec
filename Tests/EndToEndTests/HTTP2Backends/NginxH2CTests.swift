// HTTP/2 in clear text to nginx: what others wrote reads our frames.

import GateTesting
import Testing

@Suite("With nginx over HTTP/2 as the backend", .enabled(if: Peer.nginx.mayRun, "needs Debian's nginx"))
struct NginxH2CTests {
    /// Starts nginx on a free port with a directory of files, and a proxy in front of it.
    private func play(upstream: String = "", _ body: (ProxyUnderTest, TemporaryDirectory) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        let port = try takeFreePort()
        try directory.write(
            "nginx.conf",
            """
            daemon off; master_process off; error_log \(directory.file("error.log")); pid \(directory.file("pid"));
            user root;
            events { worker_connections 256; }
            http {
              access_log \(directory.file("access.log")); client_body_temp_path \(directory.file("body"));
              proxy_temp_path \(directory.file("proxy")); fastcgi_temp_path \(directory.file("f"));
              uwsgi_temp_path \(directory.file("u")); scgi_temp_path \(directory.file("s")); client_max_body_size 64m;
              dav_methods PUT; create_full_put_path on; keepalive_requests 100000;
              server {
                listen 127.0.0.1:\(port) http2; root \(directory.path);
                location /fields { return 200 "$http_x_forwarded_for|$http_host|$http_te|$request_uri|$server_protocol"; }
                location /moved { return 301 /elsewhere; }
                location /empty { return 204; }
                location /few { keepalive_requests 3; }
              }
            }
            """)
        try ServedFiles.write(to: directory)
        let nginx = try ChildProcess("nginx", ["-c", directory.file("nginx.conf")])
        defer { nginx.stop() }
        try waitForListener(port)
        let keys = ["protocol: h2", upstream].filter { !$0.isEmpty }.joined(separator: ", ")
        let proxy = try ProxyUnderTest(Stage.Settings(upstream: keys).text(backend: "http://127.0.0.1:\(port)"))
        try body(proxy, directory)
        try proxy.stop()
    }

    @Test("files, ranges, conditions and HEAD pass")
    func files() throws {
        try play { proxy, directory in
            try ServedFiles.expect(through: proxy, from: directory)
            // nginx answers first.
            try eventually("a line in nginx's log") {
                textOfFile(directory.file("access.log")).contains("\"GET /small.txt HTTP/2.0\" 200")
            }
        }
    }

    @Test("redirects, empty answers and errors pass, and so do the fields that a gateway adds")
    func answers() throws {
        try play { proxy, _ in
            #expect(try proxy.exchange(get("/moved")).status == 301)
            #expect(try proxy.exchange(get("/empty")).status == 204)
            #expect(try proxy.exchange(get("/none")).status == 404)
            let fields = try proxy.exchange(get("/fields?a=b", "Connection: TE\r\nTE: trailers\r\n")).body.text
            #expect(fields == "127.0.0.1|a.example|trailers|/fields?a=b|HTTP/2.0")
        }
    }

    @Test("a body of eight megabytes goes up through nginx's windows")
    func upload() throws {
        try play { proxy, directory in
            let body = try readFile(directory.file("large.bin"))
            let client = try proxy.connect()
            try client.send("PUT /up.bin HTTP/1.1\r\nHost: a.example\r\nContent-Length: \(body.count)\r\n\r\n")
            try client.send(body, within: Deadline.usual * 4)
            #expect(try client.readResponse(within: Deadline.usual * 4).status == 201)
            #expect(try readFile(directory.file("up.bin")) == body)
        }
    }

    @Test("a thousand requests of four clients share a connection, whatever of it nginx ends")
    func shared() throws {
        try play { proxy, _ in
            let rounds = (0..<4).map { number in
                Background {
                    let client = try proxy.connect()
                    for _ in 0..<250 {
                        try client.send(get(number == 0 ? "/few" : "/small.txt"))
                        let response = try client.readResponse()
                        guard response.status == (number == 0 ? 404 : 200) else {
                            throw WireFailure(.malformed("\(response)"))
                        }
                    }
                }
            }
            for round in rounds { try round.value(within: Deadline.long) }
            try eventually("all to be counted, had \(proxy.allEndings)") {
                proxy.allEndings.values.reduce(0, +) >= 1000
            }
            #expect(proxy.allEndings == ["completed": 1000])
        }
    }
}
