public import GateProxy

extension Configuration {
    /// The error log and the access log.
    public struct Log: Sendable, Equatable {
        /// Events of the proxy itself.
        public var error: ErrorLog
        /// One line for each exchange. Nil: off. Default JSON on stdout.
        public var access: AccessLog?

        /// Makes log settings; every argument left out has its default.
        public init(error: ErrorLog = ErrorLog(), access: AccessLog? = AccessLog()) {
            self.error = error
            self.access = access
        }
    }

    /// Events of the proxy itself.
    public struct ErrorLog: Sendable, Equatable {
        /// The least important level written. Default info.
        public var level: LogLevel
        /// The form of a line. Default text.
        public var format: ErrorLogFormat
        /// Where lines go. Default stderr.
        public var output: LogOutput

        /// Makes settings; every argument left out has its default.
        public init(level: LogLevel = .info, format: ErrorLogFormat = .text, output: LogOutput = .stderr) {
            self.level = level
            self.format = format
            self.output = output
        }
    }

    /// One line for each exchange.
    public struct AccessLog: Sendable, Equatable {
        /// The form of a line. Default JSON.
        public var format: AccessLogFormat
        /// Where lines go. Default stdout.
        public var output: LogOutput
        /// Bytes of lines that each worker holds for the writer, 4 KiB...16 MiB; lines beyond are dropped. Default 64 KiB.
        public var bufferBytes: Int

        /// Makes settings; every argument left out has its default.
        public init(format: AccessLogFormat = .json, output: LogOutput = .stdout, bufferBytes: Int = 65_536) {
            self.format = format
            self.output = output
            self.bufferBytes = bufferBytes
        }
    }

    /// How important an event is.
    public enum LogLevel: String, Sendable, CaseIterable {
        /// Every step.
        case trace
        /// What a developer wants.
        case debug
        /// Starts, stops, reloads.
        case info
        /// Unusual, but no fault.
        case notice
        /// A fault that was handled.
        case warning
        /// A fault that cost something.
        case error
    }

    /// The form of a line of the error log.
    public enum ErrorLogFormat: String, Sendable, CaseIterable {
        /// Words for people.
        case text
        /// One JSON object.
        case json
    }

    /// The form of a line of the access log.
    public enum AccessLogFormat: Sendable, Equatable {
        /// One JSON object with all variables that need no name.
        case json
        /// The combined format of Apache and nginx.
        case combined
        /// Text with variables in braces.
        case template(Template)
    }

    /// Where a log goes.
    public enum LogOutput: Sendable, Hashable {
        /// Standard output.
        case stdout
        /// Standard error.
        case stderr
        /// A file, appended to.
        case file(path: String)
    }
}
