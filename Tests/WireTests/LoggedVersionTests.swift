// What the access log says of versions.

import GateTesting
import Testing

@Suite("Versions in the access log")
struct LoggedVersionTests {
    /// A stage whose listener speaks both versions, and the log's lines after `body`, as they come.
    private static func lines(
        _ count: Int, of template: String, _ script: @escaping ScriptedServer.Script, upstream: String = "",
        _ body: (Stage) throws -> Void
    ) throws -> [String] {
        let directory = try TemporaryDirectory()
        let file = directory.file("access.log")
        var settings = Stage.Settings(upstream: upstream)
        settings.accessLog = "template: '\(template)', output: \"\(file)\""
        return try Stage.playHTTP2(script, settings) { stage in
            try body(stage)
            try eventually("the lines") { textOfFile(file).split(separator: "\n").count >= count }
            return textOfFile(file).split(separator: "\n").map(String.init)
        }
    }

    @Test("the server's version is that of its answer", arguments: ["HTTP/1.0", "HTTP/1.1"])
    func answers(version: String) throws {
        let script = ScriptedServer.answering("\(version) 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let found = try Self.lines(2, of: "{status} {server.protocol} {upstream.protocol}", script) { stage in
            #expect(try stage.exchange(get()).status == 200)
            let client = try stage.connectHTTP2()
            try client.get(1)
            #expect(try client.response(1).status == 200)
        }
        #expect(found == Array(repeating: "200 \(version) \(version)", count: 2))
    }

    @Test("it is HTTP/2.0 where that was spoken, and empty where no server answered, also after one that did")
    func none() throws {
        let script = ScriptedServer.http2 { visit in
            let first = try visit.readHead()
            try visit.respond(first.stream, 200, body: "ok")
            let second = try visit.readHead()
            try visit.wire.send(.reset(second.stream, 2))
            _ = try? visit.wire.readFrame { $0.type == RawFrame.goAway }
        }
        let found = try Self.lines(
            2, of: "{status} <{server.protocol}>", script, upstream: "protocol: h2, retries: { attempts: 0 }"
        ) { (stage) throws in
            #expect(try stage.exchange(get()).status == 200)
            #expect(try stage.exchange(get()).status == 502)
        }
        #expect(found == ["200 <HTTP/2.0>", "502 <>"])
    }
}
