// The access log, where it goes and what it holds up: nothing.

import GateTesting
import Testing

@Suite("Logs")
struct LogTests {
    private func configuration(_ backend: String, access: String) -> String {
        """
        workers: 1
        shutdown_timeout: 2s
        log: { access: \(access) }
        listeners: [ { name: main, address: "127.0.0.1:0" } ]
        sites: [ { routes: [ { match: { path: /own }, respond: { status: 200, body: own } }, { proxy: "\(backend)" } ] } ]

        """
    }

    /// Starts the program with this access log, `DIR` standing for a directory of its own.
    private func play(_ access: String, _ body: (GatehouseProcess, TemporaryDirectory) throws -> Void) throws {
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        let directory = try TemporaryDirectory()
        let access = access.split(separator: "DIR").joined(separator: directory.path)
        try body(try GatehouseProcess(configuration(backend.url, access: access)), directory)
    }

    private func lines(_ path: String, _ count: Int) throws -> [Substring] {
        try awaitValue("\(count) lines in \(path)") {
            let text = textOfFile(path)
            // What has its end is whole.
            return text.utf8.count { $0 == UInt8(ascii: "\n") } >= count ? text.split(separator: "\n") : nil
        }
    }

    @Test("a line of JSON says what happened, whatever bytes the client sent")
    func json() throws {
        try play("{ format: json, output: DIR/access.log }") { gatehouse, directory in
            _ = try gatehouse.exchange(get("/x?y=%22z", "User-Agent: a\"b\\c\tä\r\n"))
            _ = try gatehouse.exchange(get("/own"))
            _ = try gatehouse.exchange("nonsense\r\n\r\n")
            let lines = try lines(directory.file("access.log"), 3)
            #expect(lines[0].contains("\"status\":200") && lines[0].contains("\"target\":\"/x?y=%22z\""))
            #expect(lines[0].contains("\"reason\":\"completed\"") && lines[0].contains("\"attempts\":1"))
            #expect(lines[1].contains("\"reason\":\"answered\""))
            #expect(lines[2].contains("\"status\":400") && lines[2].contains("\"reason\":\"malformed_request\""))
            if Peer.python3.isThere {
                let check = "import json,sys\nfor line in open(sys.argv[1]): json.loads(line)"
                #expect(try runProgram(Peer.python, ["-c", check, directory.file("access.log")]).status == 0)
            }
        }
    }

    @Test("the combined format is the one that tools read")
    func combined() throws {
        try play("{ format: combined, output: DIR/access.log }") { gatehouse, directory in
            _ = try gatehouse.exchange(get("/x", "Referer: http://r/\r\nUser-Agent: agent\r\n"))
            let line = try lines(directory.file("access.log"), 1)[0]
            let pattern =
                /127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z][a-z]\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET \/x HTTP\/1\.1" 200 \d+ "http:\/\/r\/" "agent"/
            #expect(line.wholeMatch(of: pattern) != nil, "\(line)")
        }
    }

    @Test("a template writes its variables, and no line break from outside")
    func template() throws {
        let template = "'{client.address} {request.method} {request.path} {status} {{x}} {request.field.x-a} {server}'"
        try play("{ template: \(template), output: DIR/access.log }") { gatehouse, directory in
            _ = try gatehouse.exchange(get("/a/../b", "X-A: v\tw\r\n"))
            let line = try lines(directory.file("access.log"), 1)[0]
            #expect(
                line.hasPrefix("127.0.0.1 GET /b 200 {x} v\\x09w http://127.0.0.1:")
                    || line.hasPrefix("127.0.0.1 GET /b 200 {x} v\\x09w 127.0.0.1:"), "\(line)")
        }
    }

    @Test("SIGUSR1 opens the file anew where it was moved away, and loses no line")
    func reopen() throws {
        try play("{ format: json, output: DIR/access.log }") { gatehouse, directory in
            for round in 1...5 {
                _ = try gatehouse.exchange(get("/\(round)"))
                _ = try lines(directory.file("access.log"), 1)
                try runProgramWell("mv", [directory.file("access.log"), directory.file("access.log.\(round)")])
                gatehouse.reopenLogs()
                try eventually("the new file") { listDirectory(directory.path).contains("access.log") }
            }
            for round in 1...5 {
                let text = textOfFile(directory.file("access.log.\(round)"))
                #expect(text.contains("\"/\(round)\"") && text.split(separator: "\n").count == 1)
            }
        }
    }

    @Test("a pipe that nobody reads, full or not, blocks no request", arguments: [true, false])
    func blockedPipe(isOpenForReading: Bool) throws {
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        let directory = try TemporaryDirectory()
        try makeNamedPipe(directory.file("pipe"))
        // A reader that never reads keeps the pipe open and full; without one, opening it must not wait either.
        let reader = isOpenForReading ? try HeldFile(directory.file("pipe")) : nil
        let text = configuration(backend.url, access: "{ format: json, output: \(directory.file("pipe")) }")
        let gatehouse = try GatehouseProcess(text)
        let client = try gatehouse.connect()
        let padding = String(repeating: "x", count: 4000)
        for _ in 0..<3000 {
            try client.send(get("/\(padding)"))
            #expect(try client.readResponse().status == 200)
        }
        gatehouse.beginStop()
        _ = try gatehouse.process.waitForEnd()
        withExtendedLifetime(reader) {}
    }

    @Test("a full disk blocks no request")
    func fullDisk() throws {
        try play("{ format: json, output: /dev/full }") { gatehouse, _ in
            let client = try gatehouse.connect()
            for _ in 0..<500 {
                try client.send(get())
                #expect(try client.readResponse().status == 200)
            }
            gatehouse.beginStop()
            #expect(try gatehouse.process.waitForEnd() == 0)
        }
    }

    @Test("the lines of an orderly stop are all there")
    func complete() throws {
        try play("{ format: json, output: DIR/access.log }") { gatehouse, directory in
            let client = try gatehouse.connect()
            try client.send(String(repeating: get("/own"), count: 500))
            for _ in 0..<500 { #expect(try client.readResponse().status == 200) }
            gatehouse.beginStop()
            #expect(try gatehouse.process.waitForEnd() == 0)
            #expect(textOfFile(directory.file("access.log")).split(separator: "\n").count == 500)
        }
    }

    private func runProgramWell(_ program: String, _ arguments: [String]) throws {
        #expect(try runProgram(program, arguments).status == 0)
    }

    @Test("a client that leaves is a 499 in the log, and nowhere else")
    func left() throws {
        let backend = try ScriptedServer { visit in
            try visit.readRequest()
            try visit.connection.waitForEnd()
        }
        defer { backend.stop() }
        let directory = try TemporaryDirectory()
        let access = "{ format: json, output: \(directory.file("access.log")) }"
        let gatehouse = try GatehouseProcess(configuration(backend.url, access: access))
        let client = try gatehouse.connect()
        try client.send(get())
        _ = try backend.nextRequest()
        client.reset()
        let line = try lines(directory.file("access.log"), 1)[0]
        #expect(line.contains("\"status\":499") && line.contains("\"reason\":\"client_closed\""), "\(line)")
    }
}
