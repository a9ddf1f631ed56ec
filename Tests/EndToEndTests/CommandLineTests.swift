// The program's own words: commands, exit codes, messages.

import GateTesting
import Testing

@Suite("The command line")
struct CommandLineTests {
    private static let good = """
        listeners: [ { address: "127.0.0.1:0" } ]
        sites: [ { routes: [ { respond: { status: 200, body: ok } } ] } ]

        """

    @Test("check says ok for a good file, with status 0 and nothing on the error output")
    func checkGood() throws {
        let directory = try TemporaryDirectory()
        let result = try GatehouseBinary.run(["check", "--config", directory.write("good.yaml", Self.good)])
        #expect(result.status == 0)
        #expect(result.errors == "")
    }

    @Test("check names file, line, column and the nearest right word of everything that is wrong, with status 1")
    func checkBad() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            "bad.yaml",
            """
            listners: []
            listeners: [ { address: "127.0.0.1:0" } ]
            timeouts: { head: soon }
            sites:
              - routes:
                  - proxy: nowhere

            """)
        let result = try GatehouseBinary.run(["check", "--config", path])
        #expect(result.status == 1)
        let lines = result.errors.split(separator: "\n").filter { $0.contains(": error: ") }
        #expect(lines.count == 3, "\(result.errors)")
        #expect(lines.contains { $0.hasPrefix("\(path):1:1: error: ") && $0.contains("listeners") })
        #expect(lines.contains { $0.hasPrefix("\(path):3:19: error: ") })
        #expect(lines.contains { $0.hasPrefix("\(path):6:16: error: ") && $0.contains("nowhere") })
    }

    @Test("a file that is not there is an error that names it", arguments: ["check", "run"])
    func missing(command: String) throws {
        let result = try GatehouseBinary.run([command, "--config", "/nowhere/gatehouse.yaml"])
        #expect(result.status == 1)
        #expect(result.errors.contains("/nowhere/gatehouse.yaml"))
    }

    @Test("run refuses a bad file with status 1 and the same words as check")
    func runBad() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("bad.yaml", "listners: []\n")
        let check = try GatehouseBinary.run(["check", "--config", path])
        let run = try GatehouseBinary.run(["run", "--config", path])
        #expect(run.status == 1)
        #expect(run.errors == check.errors)
    }

    @Test("explain names the route and its place, as text and as JSON, and says what is wrong with its arguments")
    func explain() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("good.yaml", Self.good)
        let text = try GatehouseBinary.run(["explain", "--config", path, "GET", "http://a.example/x", "-H", "X-A: b"])
        #expect(text.status == 0)
        #expect(text.output.contains("\(path):2:22"))
        #expect(text.output.contains("answered by Gatehouse itself: 200"))
        let json = try GatehouseBinary.run(["explain", "--config", path, "--json", "GET", "http://a.example/x"])
        #expect(json.status == 0)
        #expect(json.output.hasPrefix("{") && json.output.contains("\"status\": 200"))
        for wrong in [
            ["GET", "a.example"], ["GET", "http://a/", "-H", "nocolon"], ["GET", "http://a/", "--listener", "x"],
        ] {
            let result = try GatehouseBinary.run(["explain", "--config", path] + wrong)
            #expect(result.status != 0)
            #expect(!result.errors.isEmpty)
        }
    }

    @Test("run says which address it cannot have, with status 1")
    func taken() throws {
        let other = try ScriptedServer(ScriptedServer.echo)
        defer { other.stop() }
        let directory = try TemporaryDirectory()
        let text = Self.good.split(separator: "127.0.0.1:0").joined(separator: "\(other.address)")
        let result = try GatehouseBinary.run(["run", "--config", directory.write("taken.yaml", text)])
        #expect(result.status == 1)
        #expect(result.errors.contains("\(other.address)"))
        #expect(result.errors.contains("in use"))
    }

    @Test("environment references are filled in")
    func environment() throws {
        let directory = try TemporaryDirectory()
        let text = Self.good.split(separator: "body: ok").joined(separator: "body: \"${GREETING}, ${NAME:-nobody}\"")
        let gatehouse = try GatehouseProcess(text, environment: ["GREETING": "hello"])
        #expect(try gatehouse.exchange(get()).body.text == "hello, nobody")
        let path = try directory.write("unset.yaml", text)
        let result = try GatehouseBinary.run(["check", "--config", path])
        #expect(result.status == 1)
        #expect(result.errors.contains("GREETING"))
    }

    @Test("proxy needs no file, takes several servers, and stops on SIGTERM")
    func proxy() throws {
        let backends = try ["one", "two"].map { try ScriptedServer(ScriptedServer.saying($0)) }
        defer { for backend in backends { backend.stop() } }
        let process = try GatehouseBinary.start(
            ["proxy", "--listen", "127.0.0.1:0"] + backends.flatMap { ["--to", $0.url] } + ["--workers", "1"])
        defer { process.stop() }
        let address = try awaitValue("an address") { GatehouseProcess.addresses(in: process.errors).first }
        var answers: Set<String> = []
        for _ in 1...4 {
            let client = try RawConnection.connect(to: address)
            try client.send(get())
            answers.insert(try client.readResponse().body.text)
        }
        #expect(answers == ["one", "two"])
        process.stop()
        #expect(try process.waitForEnd() == 0)
    }

    @Test(
        "proxy says what is wrong with its arguments",
        arguments: [
            (["proxy"], "--to"), (["proxy", "--to", "127.0.0.1:3000"], "http://"),
            (["proxy", "--listen", "8080", "--to", "http://127.0.0.1:1"], ":8080"),
            (["prox"], "prox"), (["run", "--confg", "x"], "--config"),
        ])
    func badArguments(arguments: [String], word: String) throws {
        let result = try GatehouseBinary.run(arguments)
        #expect(result.status != 0)
        #expect(result.errors.contains(word), "\(result.errors)")
        #expect(result.output == "")
    }

    @Test("demo starts backends and proxy, prints lines to try, and they work")
    func demo() throws {
        let process = try GatehouseBinary.start(["demo", "--listen", "127.0.0.1:0"])
        defer { process.stop() }
        try process.waitForText("Ctrl-C stops it.")
        let address = try awaitValue("an address") { GatehouseProcess.addresses(in: process.errors).first }
        #expect(process.output.contains("curl http://\(address)/"))
        #expect(process.output.split(separator: "\n").filter { $0.contains("curl ") }.count == 3)
        let client = try RawConnection.connect(to: address)
        try client.send(get() + post("/anything", body: "some data") + get("/old/page"))
        #expect(try client.readResponse().status == 200)
        #expect(try client.readResponse().status == 200)
        #expect(try client.readResponse().status == 308)
    }

    @Test(
        "help and version go to the standard output with status 0",
        arguments: [
            ["--help"], ["run", "--help"], ["check", "--help"], ["proxy", "--help"], ["demo", "--help"], ["version"],
            ["help", "run"],
        ])
    func help(arguments: [String]) throws {
        let result = try GatehouseBinary.run(arguments)
        #expect(result.status == 0)
        #expect(!result.output.isEmpty)
        #expect(result.errors == "")
    }

    @Test("completion scripts are made for every shell", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) throws {
        let result = try GatehouseBinary.run(["--generate-completion-script", shell])
        #expect(result.status == 0)
        #expect(result.output.contains("gatehouse"))
    }
}
