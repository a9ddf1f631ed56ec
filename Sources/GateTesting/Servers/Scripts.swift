// Scripts that many tests share.

extension ScriptedServer {
    /// Serves every request on a connection with `respond`, until the other side closes.
    public static func serving(_ respond: @escaping @Sendable (Visit, RawRequest) throws -> Void) -> Script {
        { visit in
            while let request = try visit.nextRequest() { try respond(visit, request) }
        }
    }

    /// Answers every request with the same bytes.
    public static func answering(_ response: String) -> Script {
        serving { visit, _ in try visit.send(response) }
    }

    /// Answers every request with the same bytes and closes.
    public static func answeringOnce(_ response: String) -> Script {
        { visit in
            try visit.readRequest()
            try visit.send(response)
        }
    }

    /// Answers with `200` and what was asked: method, target, fields, trailers and the body's length, a line for each.
    public static let echo: Script = serving { visit, request in
        try visit.respond(fields: "Content-Type: text/plain\r\n", body: request.echo)
    }

    /// Answers with `200` and the request's own body.
    public static let mirror: Script = serving { visit, request in
        try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.bytes.count)\r\n\r\n")
        try visit.send(request.body.bytes)
    }

    /// Answers `200` with the body `text`.
    public static func saying(_ text: String) -> Script { serving { visit, _ in try visit.respond(body: text) } }
}

extension RawRequest {
    /// What an echo answers to it.
    public var echo: String {
        let lines =
            ["method: \(method)", "target: \(target)"] + head.fields.map { "field: \($0)" }
            + body.trailers.map { "trailer: \($0)" } + ["body: \(body.bytes.count)"]
        return lines.joined(separator: "\n") + "\n"
    }
}
