import ArgumentParser
import GateConfig
import GateControl
import GateProxy
import Gatehouse

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what would become of a request, and why, without sending anything.",
        discussion: """
            Example: gatehouse explain GET https://example.com/api/x -H 'Cookie: beta=1'
            It routes, rewrites and chooses with the code that serves. Names of servers are not looked up, and all servers \
            count as healthy.
            """)

    @OptionGroup var file: ConfigurationFile

    @Option(
        name: [.customShort("H"), .long], help: "A field of the request, as 'Name: value'; may be given more than once."
    )
    var header: [String] = []

    @Option(help: "The address that the request comes from.")
    var client = "127.0.0.1"

    @Option(help: "The listener that it comes to, by name. Default: the first that fits the URL.")
    var listener: String?

    @Flag(help: "Write JSON.")
    var json = false

    @Argument(help: "The method.")
    var method: String

    @Argument(help: "The URL: http://host/path?query.")
    var url: String

    func run() throws {
        guard let place = RequestURL(url) else {
            throw ValidationError("\(url) is no http or https URL; write http://host/path")
        }
        let configuration = try file.loadOrExit()
        let request = ExplainedRequest(
            method: method, target: place.target, host: place.authority, isSecure: place.isSecure,
            fields: try header.map(field), client: client,
            listener: listener ?? configuration.listeners.first { $0.address.port == place.port }?.label)
        let explanation = try explain(request, configuration)
        Standard.output(json ? explanation.json(of: request) : explanation.text(of: request))
    }

    private func explain(_ request: ExplainedRequest, _ configuration: Configuration) throws -> Explanation {
        do throws(ExplainFailure) {
            return try Proxy.explain(request, by: configuration)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func field(_ text: String) throws -> FixedAnswer.Field {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else {
            throw ValidationError("'\(text)' is no field; write 'Name: value'")
        }
        let value = text[text.index(after: colon)...]
        return FixedAnswer.Field(String(text[..<colon]), String(value.drop { $0 == " " }))
    }
}

/// A URL taken apart as far as a request needs it.
private struct RequestURL {
    let isSecure: Bool
    let authority: String
    /// A path with an optional query.
    let target: String
    let port: UInt16?

    init?(_ text: String) {
        guard let mark = text.range(of: "://") else { return nil }
        switch text[..<mark.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        let rest = text[mark.upperBound...].prefix { $0 != "#" }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard end > rest.startIndex else { return nil }
        authority = String(rest[..<end])
        target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
        let digits = authority.reversed().prefix { $0.isNumber }
        let hasPort = authority.dropLast(digits.count).hasSuffix(":") && !digits.isEmpty
        port = hasPort ? UInt16(String(digits.reversed())) : isSecure ? 443 : 80
    }
}

extension String {
    /// The first place of `part`.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(part) { return at..<index(at, offsetBy: part.count) }
            at = index(after: at)
        }
        return nil
    }
}
