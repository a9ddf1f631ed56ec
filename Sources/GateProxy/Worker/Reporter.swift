// What the data plane says to the error log: rare events, handed over without waiting.

/// Takes the data plane's messages. Called on workers' threads; it must not block.
public protocol Reporter: Sendable {
    /// Something that an operator should know of.
    func report(_ level: ReportLevel, _ message: String)
}

/// How grave a message is.
public enum ReportLevel: Sendable { case info, notice, warning, error }
