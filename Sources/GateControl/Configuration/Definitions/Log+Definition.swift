internal import GateConfig
internal import GateProxy

extension Configuration.Log {
    static let definition = StructDefinition<Self>(
        "log", title: "log",
        doc: "The error log and the access log. SIGUSR1 opens files anew, so that they can be rotated.",
        example: """
            log:
              error: { level: notice, format: json }
              access:
                template: '{time} {client.address} "{request.method} {request.target}" {status} {duration}'
                output: /var/log/gatehouse/access.log
            """,
        make: { Self() },
        keys: {
            Key(
                "error", Configuration.ErrorLog.definition.shape, \.error, defaultText: "as below",
                "Events of the proxy itself.")
            Key(
                "access", .accessLog, \.access, defaultText: "as below",
                "One line for each exchange; `off` switches it off.")
        })
}

extension Configuration.ErrorLog {
    static let definition = StructDefinition<Self>(
        "error_log", title: "error log", doc: "Events of the proxy itself.", make: { Self() },
        keys: {
            Key("level", .word(), \.level, "The least important level that is written.")
            Key("format", .word(), \.format, "The form of a line.")
            Key("output", .logOutput, \.output, "Where lines go: `stdout`, `stderr`, or the path of a file.")
        })
}

extension Configuration.AccessLog {
    static let definition = StructDefinition<Self>(
        "access_log", title: "access log",
        doc:
            "One line for each exchange. A template is text with variables in braces, and `{{` for a brace. The variables: "
            + Variable.names.map { "`\($0)`" }.joined(separator: ", ") + ".",
        make: { Self() }, exclusions: [.atMostOne("format", "template")],
        keys: {
            Key(
                "format", .words([("json", .json), ("combined", .combined)]), \.format,
                "The form of a line: a JSON object, or the combined format that Apache and nginx write.")
            Key(
                "template", .template("a line with variables in braces", as: .logText, knownBy: .end), \.template,
                defaultText: "none", example: "'{client.address} {status}'",
                "A form of your own.")
            Key("output", .logOutput, \.output, "Where lines go: `stdout`, `stderr`, or the path of a file.")
            Key(
                "buffer", .size(4096...16_777_216), \.bufferBytes,
                "Lines that each worker holds for the writer. When a slow disk or pipe fills it, lines are dropped and counted."
            )
        })

    private var template: Template? {
        get { nil }
        set { if let newValue { format = .template(newValue) } }
    }
}

extension Shape where Value == Configuration.AccessLog? {
    fileprivate static var accessLog: Shape<Configuration.AccessLog?> {
        Configuration.AccessLog.definition.shape.converted { value, _, _ in Optional(value) }.orWord("off", nil)
    }
}

extension Shape where Value == Configuration.LogOutput {
    /// `stdout`, `stderr`, or a path.
    fileprivate static var logOutput: Shape<Configuration.LogOutput> {
        Shape<String>.text("`stdout`, `stderr` or the path of a file", pattern: "^(stdout|stderr|.*/.*)$") { text in
            if ["stdout", "stderr"].contains(text) || text.contains("/") { return nil }
            let hint = suggestion(for: text, among: ["stdout", "stderr"])
            return "is neither `stdout` nor `stderr`"
                + (hint.isEmpty ? "; for a file write a path with a `/`, such as `./access.log`" : hint)
        }.converted { text, _, _ in
            switch text {
            case "stdout": .stdout
            case "stderr": .stderr
            default: .file(path: text)
            }
        }.shown(show)
    }

    @Sendable
    private static func show(_ output: Configuration.LogOutput) -> String {
        switch output {
        case .stdout: "stdout"
        case .stderr: "stderr"
        case .file(let path): path
        }
    }
}
