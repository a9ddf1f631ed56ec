import GateTesting
import Testing

/// Plays: `raw` is answered with `status`, the connection ends in order behind the answer, the backend has received no
/// request, and one exchange is counted under `reason`.
func expectRefused(
    _ raw: String, _ status: Int = 400, _ reason: String = "malformed_request", _ settings: Stage.Settings = .init(),
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    var settings = settings
    // The end is that of the answer, and not of the time to read on behind it.
    settings.listener = [settings.listener, "timeouts: { linger: 1h }"].filter { !$0.isEmpty }.joined(separator: ", ")
    try Stage.play(ScriptedServer.echo, settings) { stage in
        let client = try stage.connect()
        try client.send(raw)
        let response = try client.readResponse()
        #expect(response.status == status, sourceLocation: sourceLocation)
        #expect(response.announcesClose, "the answer does not say that it closes", sourceLocation: sourceLocation)
        try client.expectEnd()
        #expect(stage.backend.requestCount == 0, "the backend got a request", sourceLocation: sourceLocation)
        try expectEnding(reason, in: stage, sourceLocation: sourceLocation)
    }
}

/// Waits until an exchange is counted under `reason`.
func expectEnding(
    _ reason: String, in stage: Stage, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    do { try eventually(reason) { stage.proxy.endings(reason) > 0 } } catch {
        Issue.record("nothing counted as \(reason), but \(stage.proxy.allEndings)", sourceLocation: sourceLocation)
    }
}

/// One case of a table of requests: what is odd about it, and its bytes.
struct RawCase: Sendable, CustomTestStringConvertible {
    let name: String
    let raw: String

    init(_ name: String, _ raw: String) {
        self.name = name
        self.raw = raw
    }

    var testDescription: String { name }
}
