// A stage whose listener speaks HTTP/2 in clear text beside HTTP/1.

import GateTesting

extension Stage {
    /// As `play`, with further keys of the listener.
    static func playHTTP2<Result>(
        _ script: @escaping ScriptedServer.Script = ScriptedServer.echo, settings listener: String = "",
        _ settings: Settings = Settings(), _ body: (Stage) throws -> Result
    ) throws -> Result {
        var settings = settings
        let keys = ["protocols: [h1, h2]", listener, settings.listener]
        settings.listener = keys.filter { !$0.isEmpty }.joined(separator: ", ")
        return try play(script, settings, body)
    }

    /// A client that has said its preface and SETTINGS.
    func connectHTTP2(
        settings: [(UInt16, UInt32)]? = [], receiveBufferBytes: Int? = nil
    ) throws -> RawHTTP2Connection {
        try RawHTTP2Connection(connect(receiveBufferBytes: receiveBufferBytes), settings: settings)
    }
}

extension RawHTTP2Response {
    /// The lines of an echo that begin so, in lower case.
    func echoed(_ start: String) -> [String] {
        text.split(separator: "\n").map { $0.lowercased() }.filter { $0.hasPrefix(start) }
    }
}
