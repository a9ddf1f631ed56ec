// A configuration that the documentation shows. Pages show parts of files; what a part needs to be whole is added here.

import Testing

/// YAML in a fenced block.
struct Sample: Sendable, CustomTestStringConvertible {
    let file: String
    let line: Int
    private let lines: [String]

    /// Every block of YAML on every page.
    static let all: [Sample] = Repository.pages.flatMap { file in
        guard let page = try? Page(file) else { return [Sample]() }
        return page.blocks.filter { $0.language == "yaml" }
            .map { Sample(file: file, line: $0.line, lines: $0.lines.map(String.init)) }
    }

    var testDescription: String { "\(file):\(line)" }

    /// The sample as a file of its own.
    var whole: String {
        var text = keys.contains("routes") ? "sites:\n  -\n" + lines.map { "    \($0)\n" }.joined() : joined
        if !keys.contains("listeners") {
            // What sites say of clients' certificates is an error where nobody speaks TLS.
            let tls = text.contains("client_certificates") ? ", tls: auto" : ""
            text = "listeners: [{ address: \"127.0.0.1:0\"\(tls) }]\n" + text
        }
        if !keys.contains("upstreams") { text += "upstreams: { app: { servers: [http://127.0.0.1:3000] } }\n" }
        return text
    }

    private var joined: String { lines.map { $0 + "\n" }.joined() }

    /// The keys at the top level.
    private var keys: Set<Substring> {
        Set(lines.filter { $0.first?.isLetter ?? false }.compactMap { $0.split(separator: ":").first })
    }
}
