import GateTesting
import Logging

/// What a log was told.
final class LogLines: Sendable {
    private let lines = Monitor<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: lines) } }

    /// The lines so far that contain a text.
    func with(_ text: String) -> [String] { lines.current.filter { $0.contains(text) } }

    /// Waits for such a line.
    func wait(for text: String) async throws -> String {
        try await eventualValue("`\(text)` in the log", within: Deadline.long) { with(text).first }
    }

    private struct Handler: LogHandler {
        let lines: Monitor<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.update { $0.append("\(event.level): \(event.message)") } }
    }
}
