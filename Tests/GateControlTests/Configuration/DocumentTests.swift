import Foundation
import GateControl
import Testing

private let documents: [(String, @Sendable () -> String)] = [
    ("configuration.md", Configuration.referenceMarkdown), ("gatehouse.schema.json", Configuration.jsonSchema),
]

@Suite("Generated documents")
struct DocumentTests {
    /// With GATE_UPDATE_DOCS=1 the files are written anew instead.
    @Test("in docs/ are what the definitions say", arguments: documents.map(\.0))
    func current(name: String) throws {
        let make = try #require(documents.first { $0.0 == name }?.1)
        let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let file = root.appendingPathComponent("docs").appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["GATE_UPDATE_DOCS"] == "1" { try Data(make().utf8).write(to: file) }
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text == make(), "docs/\(name) is out of date; refresh it with GATE_UPDATE_DOCS=1 swift test")
    }

    @Test("the schema is JSON, and every reference in it leads somewhere")
    func schema() throws {
        let text = Configuration.jsonSchema()
        let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let definitions = try #require(root["$defs"] as? [String: Any])
        for part in text.components(separatedBy: "\"#/$defs/").dropFirst() {
            let name = try #require(part.split(separator: "\"").first)
            #expect(definitions[String(name)] != nil, "\(name)")
        }
        let properties = try #require(root["properties"] as? [String: Any])
        #expect(properties.keys.sorted().contains("listeners"))
        #expect(root["additionalProperties"] as? Bool == false)
    }

    @Test("the examples in the reference are accepted")
    func examples() throws {
        var blocks = Configuration.referenceMarkdown().components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        blocks.removeAll { $0.hasPrefix("#") }
        #expect(blocks.count >= 8)
        for block in blocks {
            var text = block
            if text.hasPrefix("routes:") {
                text = "sites:\n  -\n" + text.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
            }
            if !text.hasPrefix("listeners:"), !text.contains("\nlisteners:") {
                // What sites say of clients' certificates is an error where nobody speaks TLS.
                let tls = text.contains("client_certificates") ? ", tls: auto" : ""
                text = "listeners: [{ address: ':1'\(tls) }]\n" + text
            }
            if text.contains("proxy: app"), !text.contains("upstreams:") {
                text += "\nupstreams: { app: { servers: [http://a] } }\n"
            }
            let outcome = ConfigurationLoader.load(text: text, name: "example")
            #expect(outcome.errors == [], "\(text)")
        }
    }
}
