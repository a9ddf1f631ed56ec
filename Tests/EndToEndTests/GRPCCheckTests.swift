// gRPC's health check against an HTTP/2 that others wrote: nginx reads our frames and answers with a file.

import GateProxy
import GateTesting
import Gatehouse
import Testing

@Suite("gRPC health checks over nginx's HTTP/2", .enabled(if: Peer.nginx.mayRun, "needs Debian's nginx"))
struct GRPCCheckTests {
    /// A HealthCheckResponse behind the prefix of a gRPC message; 1 is SERVING, 2 is NOT_SERVING.
    private static func message(_ status: UInt8) -> [UInt8] { [0, 0, 0, 0, 2, 8, status] }

    @Test("a server that is SERVING is up, and down when it is not any more")
    func serving() throws {
        let directory = try TemporaryDirectory()
        let port = try takeFreePort()
        try directory.write(
            "nginx.conf",
            """
            daemon off; master_process off; error_log \(directory.file("error.log")); pid \(directory.file("pid"));
            user root;
            events { worker_connections 64; }
            http {
              access_log \(directory.file("access.log")); client_body_temp_path \(directory.file("body"));
              proxy_temp_path \(directory.file("proxy")); fastcgi_temp_path \(directory.file("f"));
              uwsgi_temp_path \(directory.file("u")); scgi_temp_path \(directory.file("s"));
              server {
                listen 127.0.0.1:\(port) http2; root \(directory.path);
                location = /grpc.health.v1.Health/Check { error_page 405 =200 /status; return 405; }
                location = /status { default_type application/grpc; }
              }
            }
            """)
        try writeFile(directory.file("status"), Self.message(1))
        let nginx = try ChildProcess("nginx", ["-c", directory.file("nginx.conf")])
        defer { nginx.stop() }
        try waitForListener(port)
        let asked = "type: grpc, service: shop.Orders, interval: 100ms, timeout: 10m"
        let health = "health: { \(asked), fall: 1, initial: down }"
        let proxy = try ProxyUnderTest(Stage.Settings(upstream: health).text(backend: "http://127.0.0.1:\(port)"))
        try eventually("the server to be up, is \(proxy.proxy.servers())") {
            proxy.proxy.servers().allSatisfy { $0.health == .healthy }
        }
        // Moved into place, so that nginx never serves half of it.
        try writeFile(directory.file("next"), Self.message(2))
        try moveFile(directory.file("next"), to: directory.file("status"))
        try eventually("the server to be down") { proxy.proxy.servers().allSatisfy { $0.health == .down } }
        #expect(proxy.proxy.servers().first?.reason == "gRPC health check of shop.Orders answered NOT_SERVING")
        try eventually("a line in nginx's log") {
            textOfFile(directory.file("access.log")).contains("\"POST /grpc.health.v1.Health/Check HTTP/2.0\" 200")
        }
        try proxy.stop()
    }
}
