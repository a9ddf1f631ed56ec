// A browser in front of the proxy: a page whose script fetches, posts, streams and opens a WebSocket.

import GateTesting
import Testing

@Suite("With a browser as the client", .enabled(if: Peer.chromium.mayRun, "needs Debian's chromium"))
struct BrowserTests {
    private static let page = """
        <!doctype html><title>t</title><pre id="out">waiting</pre><script>
        (async () => {
          const out = [];
          const log = (name, value) => out.push(name + "=" + value);
          try {
            log("get", await (await fetch("/echo?a=b")).text().then(t => t.includes("target: /echo?a=b")));
            const body = new Uint8Array(300000).map((_, i) => i * 7);
            const back = new Uint8Array(await (await fetch("/mirror", { method: "POST", body })).arrayBuffer());
            log("post", back.length === body.length && back.every((b, i) => b === body[i]));
            const reader = (await fetch("/stream")).body.getReader();
            const first = new TextDecoder().decode((await reader.read()).value);
            await fetch("/go-on");
            let rest = "";
            for (;;) { const { done, value } = await reader.read(); if (done) break; rest += new TextDecoder().decode(value); }
            log("stream", first + rest);
            log("many", (await Promise.all([...Array(40).keys()].map(i => fetch("/echo?" + i).then(r => r.text()).then(t => t.includes("?" + i + "\\n"))))).every(Boolean));
            log("head", (await fetch("/echo", { method: "HEAD" })).status);
            log("none", (await fetch("/none")).status);
            const half = await fetch("/cut");
            await fetch("/cut-now");
            log("cut", await half.text().then(() => "complete").catch(() => "cut"));
            const controller = new AbortController();
            setTimeout(() => controller.abort(), 50);
            log("abort", await fetch("/stall", { signal: controller.signal }).then(() => "answered").catch(e => e.name));
            if (location.protocol === "https:") log("secure", isSecureContext);
          } catch (error) { log("error", error); }
          document.getElementById("out").textContent = out.join(";");
          await fetch("/result", { method: "POST", body: out.join(";") });
        })();
        </script>
        """

    @Test("fetch gets, posts, streams, sees errors and cuts, and aborts", arguments: [false, true])
    func fetches(isSecure: Bool) throws {
        let result = Monitor<String?>(nil)
        let (goOn, cutNow) = (Signal(), Signal())
        let script = ScriptedServer.serving { visit, request in
            switch request.target.prefix(while: { $0 != "?" }) {
            case "/": try visit.respond(fields: "Content-Type: text/html\r\n", body: Self.page)
            case "/mirror":
                try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.bytes.count)\r\n\r\n")
                try visit.send(request.body.bytes)
            case "/stream":
                try visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
                try goOn.wait(within: Deadline.long)
                try visit.send("3\r\ntwo\r\n0\r\n\r\n")
            case "/go-on":
                goOn.fire()
                try visit.respond()
            case "/none": try visit.respond("404 Not Found", body: "none")
            case "/cut":
                try visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
                // Not before the browser has the head: what is reset may be lost, and then the answer is another one.
                try cutNow.wait(within: Deadline.long)
                visit.connection.reset()
            case "/cut-now":
                cutNow.fire()
                try visit.respond()
            case "/stall": try visit.connection.waitForEnd(within: Deadline.long)
            case "/result":
                result.update { $0 = request.body.text }
                try visit.respond()
            default:
                let body = request.echo
                try visit.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                        + (request.method == "HEAD" ? "" : body))
            }
        }
        let visit = { (options: [String]) in
            let browser = try Browser(options)
            defer { browser.stop() }
            let text = result.wait(within: Deadline.usual * 12) { $0 } ?? "nothing; the browser said \(browser.errors)"
            let expected = "get=true;post=true;stream=onetwo;many=true;head=200;none=404;cut=cut;abort=AbortError"
            #expect(text == expected + (isSecure ? ";secure=true" : ""))
        }
        if isSecure {
            try SecureStage.play(script) { stage in
                let key = try stage.files.publicKeyDigest()
                let (name, port) = (SecureStage.name, try stage.port)
                // What the browser trusts beside its own roots. It resolves the name here, so that SNI and Host are true.
                try visit([
                    "--ignore-certificate-errors-spki-list=\(key)", "--host-resolver-rules=MAP \(name) 127.0.0.1",
                    "https://\(name):\(port)/",
                ])
            }
        } else {
            try Stage.play(script) { stage in try visit(["http://\(try stage.proxy.address())/"]) }
        }
    }

    @Test("a page with two hundred resources comes over HTTP/2")
    func manyResources() throws {
        let result = Monitor<String?>(nil)
        let scripts = (0..<200).map { "<script src='/\($0).js'></script>" }.joined()
        let page = """
            <!doctype html><script>window.n = 0</script>\(scripts)<script>
            const h2 = performance.getEntriesByType("resource").filter(e => e.nextHopProtocol == "h2").length;
            fetch("/result", { method: "POST", body: window.n + " " + h2 });
            </script>
            """
        let script = ScriptedServer.serving { visit, request in
            if request.target == "/" {
                try visit.respond(fields: "Content-Type: text/html\r\n", body: page)
            } else if request.target == "/result" {
                result.update { $0 = request.body.text }
                try visit.respond()
            } else {
                try visit.respond(fields: "Content-Type: text/javascript\r\n", body: "window.n++;")
            }
        }
        try SecureStage.play(script) { stage in
            let key = try stage.files.publicKeyDigest()
            let (name, port) = (SecureStage.name, try stage.port)
            let browser = try Browser([
                "--ignore-certificate-errors-spki-list=\(key)", "--host-resolver-rules=MAP \(name) 127.0.0.1",
                "https://\(name):\(port)/",
            ])
            defer { browser.stop() }
            let text = result.wait(within: Deadline.usual * 12) { $0 } ?? "nothing; the browser said \(browser.errors)"
            #expect(text == "200 200")
        }
    }
}

/// A headless Chromium with a profile of its own.
private struct Browser {
    private let directory: TemporaryDirectory
    private let process: ChildProcess

    /// Starts it with further arguments, the address of a page among them.
    init(_ arguments: [String]) throws {
        directory = try TemporaryDirectory()
        let fixed = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--no-proxy-server", "--disable-background-networking", "--disable-component-update",
            "--user-data-dir=\(directory.path)",
        ]
        process = try ChildProcess("chromium", fixed + arguments, environment: ["HOME": directory.path])
    }

    var errors: String { process.errors }

    func stop() { process.stop() }
}
