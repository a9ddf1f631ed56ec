public import GateConfig

/// Makes a configuration from text.
public enum ConfigurationLoader {
    /// What came of a text.
    public struct Outcome: Sendable {
        /// The configuration; nil if there is any error.
        public var configuration: Configuration?
        /// All errors and warnings, by file in the order read, then by place.
        public var diagnostics: [Diagnostic]
        /// The files read, the first one first.
        public var files: [String]

        /// Only the errors.
        public var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    }

    /// Reads a file and what it includes.
    public static func load(
        file: String, environment: [String: String], limits: SourceLimits = SourceLimits()
    ) -> Outcome {
        var loader = SourceLoader(environment: environment, limits: limits)
        let root = loader.load(file: file)
        return decode(root, loader)
    }

    /// Reads a text that diagnostics call `name`; what it includes is relative to `directory`.
    public static func load(
        text: String, name: String, directory: String = ".", environment: [String: String] = [:],
        limits: SourceLimits = SourceLimits()
    ) -> Outcome {
        var loader = SourceLoader(environment: environment, limits: limits)
        let root = loader.load(text: text, name: name, directory: directory)
        return decode(root, loader)
    }

    private static func decode(_ root: ConfigNode?, _ loader: SourceLoader) -> Outcome {
        var decoding = Decoding()
        let configuration = root.flatMap { Configuration.definition.decode($0, &decoding) }
        let diagnostics = sorted(loader.diagnostics + decoding.diagnostics, files: loader.files)
        let hasErrors = diagnostics.contains { $0.severity == .error }
        return Outcome(configuration: hasErrors ? nil : configuration, diagnostics: diagnostics, files: loader.files)
    }

    private static func sorted(_ diagnostics: [Diagnostic], files: [String]) -> [Diagnostic] {
        var order: [String: Int] = [:]
        for file in files where order[file] == nil { order[file] = order.count }
        func key(_ diagnostic: Diagnostic) -> (Int, Int, Int) {
            let location = diagnostic.location
            return (order[location.file] ?? -1, location.line, location.column)
        }
        return diagnostics.sorted { key($0) < key($1) }
    }
}
