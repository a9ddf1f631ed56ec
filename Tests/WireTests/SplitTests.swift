// The same message whole, byte by byte and cut in two at every place must be the same message.

import GateTesting
import Testing

@Suite("Messages in pieces (RFC 9112 §2.1)")
struct SplitTests {
    private static let requests =
        post("/1", "X: y\r\n", body: "hello")
        + postChunked("/2", "TE: trailers\r\n", chunks: "3;a=\"b\"\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n") + get("/3")

    private static let responses =
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        + answerChunked("X: y\r\n", chunks: "3;a=\"b\"\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n")

    @Test("requests that are cut in two at any place arrive whole")
    func requestSplits() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            let bytes = Array(Self.requests.utf8)
            for split in 1..<bytes.count {
                try client.send(Array(bytes[..<split]))
                try client.waitUntilReceived()
                try client.send(Array(bytes[split...]))
                for number in 1...3 {
                    let response = try client.readResponse()
                    try #require(response.body.text.contains("target: /\(number)\n"), "split at \(split)")
                    if number == 1 { try #require(response.body.text.contains("body: 5\n"), "split at \(split)") }
                    if number == 2 {
                        try #require(response.body.text.hasSuffix("trailer: T: x\nbody: 5\n"), "split at \(split)")
                    }
                }
            }
        }
    }

    @Test("responses that are cut in two at any place arrive whole")
    func responseSplits() throws {
        let bytes = Array(Self.responses.utf8)
        let script = ScriptedServer.serving { visit, request in
            let split = Int(request.target.dropFirst()) ?? 0
            try visit.send(Array(bytes[..<split]))
            try visit.connection.waitUntilReceived()
            try visit.send(Array(bytes[split...]))
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            for split in 0..<bytes.count {
                try client.send(get("/\(split)", "TE: trailers\r\n"))
                let response = try client.readResponse()
                try #require(response.interim.count == 1, "split at \(split)")
                try #require(response.body.text == "abcde", "split at \(split)")
                try #require(response.body.trailers.map { $0.description } == ["T: x"], "split at \(split)")
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a response that arrives byte by byte arrives whole")
    func bytewise() throws {
        let script = ScriptedServer.serving { visit, _ in
            for byte in Array(Self.responses.utf8) {
                try visit.send([byte])
                try visit.connection.waitUntilReceived()
            }
        }
        try Stage.play(script) { stage in
            let response = try stage.exchange(get())
            #expect(response.interim.map { $0.status } == [103])
            #expect(response.body.text == "abcde")
        }
    }

    @Test("streams of requests and responses cut at random places stay in step")
    func random() throws {
        print("GATE_SEED=\(SeededGenerator.seed)")
        let script = ScriptedServer.serving { visit, request in
            var random = SeededGenerator(part: UInt64(request.target.utf8.reduce(0) { $0 &* 31 &+ Int($1) }))
            let body = request.target + String(repeating: "x", count: Int.random(in: 0...3000, using: &random))
            let text =
                Bool.random(using: &random)
                ? answer(body: body)
                : answerChunked(chunks: "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n")
            try sendAtRandom(text, visit.connection, &random)
        }
        try Stage.play(script) { stage in
            let clients = (0..<4).map { number in
                Background {
                    var random = SeededGenerator(part: UInt64(number))
                    let client = try stage.connect()
                    for round in 0..<20 {
                        let targets = (0..<Int.random(in: 1...10, using: &random)).map { "/\(number)/\(round)/\($0)." }
                        let text = targets.map { target in
                            let body = String(repeating: "y", count: Int.random(in: 0...2000, using: &random))
                            return [get(target), post(target, body: body)].randomElement(using: &random)!
                        }
                        try sendAtRandom(text.joined(), client, &random)
                        for target in targets {
                            let response = try client.readResponse()
                            guard response.body.text.hasPrefix(target) else {
                                throw WireFailure(.malformed("\(target): \(response)"))
                            }
                        }
                    }
                }
            }
            for client in clients { try client.value(within: .seconds(60)) }
        }
    }
}

private func sendAtRandom(_ text: String, _ connection: RawConnection, _ random: inout SeededGenerator) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...700, using: &random))
        try connection.send(Array(piece))
        rest = rest.dropFirst(piece.count)
    }
}
