internal import GateConfig
internal import GateProxy

extension Configuration.FixedResponse {
    static let definition = StructDefinition<Self>(
        "respond", title: "respond", doc: "An answer that Gatehouse gives itself.", make: { Self() },
        keys: {
            Key("status", .integer(200...599), \.status, "The status.")
            Key(
                "body", .anyString, \.body, defaultText: "empty",
                "The body, as text with variables. `{{name}}` is `{name}` itself, and other braces mean nothing.")
            Key("content_type", .fieldValue, \.contentType, "The Content-Type of a body.")
            Key("fields", .responseFields, \.fields, defaultText: "none", "Further fields of the head, with variables.")
        },
        finish: { response, node, decoding in
            guard let body = node["body"] else { return }
            if [204, 205, 304].contains(response.status) {
                decoding.error(at: body.location, "an answer with status \(response.status) has no body; remove `body`")
            }
            let (text, place) = (response.body, ContentType.place(response.contentType))
            _ = Template.read(body, &decoding) { () throws(Template.Failure) in try Template(page: text, as: place) }
        })
}

extension Configuration.Redirect {
    static let definition = StructDefinition<Self>(
        "redirect", title: "redirect", doc: "An answer that sends the client elsewhere.", make: { Self(location: "") },
        keys: {
            Key(
                "to", .redirectTarget, \.location, required: true, example: "https://example.com/new",
                "An http or https URL, or a path of the same host; with variables, as in `https://example.com{request.uri}`."
            )
            Key("status", .redirectStatus, \.status, "301, 302, 303, 307 or 308; the last two keep the method.")
        })
}

extension Shape where Value == Configuration.FixedResponse {
    /// A status, or a mapping.
    static var fixedResponse: Shape<Configuration.FixedResponse> {
        .scalarOr(
            Shape<Int>.integer(200...599).converted { status, _, _ in Configuration.FixedResponse(status: status) },
            Configuration.FixedResponse.definition.shape)
    }
}

extension Shape where Value == Configuration.Redirect {
    /// Where to, or a mapping.
    static var redirect: Shape<Configuration.Redirect> {
        .scalarOr(
            Shape<String>.redirectTarget.converted { location, _, _ in Configuration.Redirect(location: location) },
            Configuration.Redirect.definition.shape)
    }
}

extension Shape where Value == String {
    static var redirectTarget: Shape<String> {
        let text = Shape<String>.text(
            "an http or https URL, or a path that begins with `/`",
            pattern: "^((https?|\\{request\\.scheme\\})://[^/]|/|\\{request\\.(path|uri)\\})"
        ) { text in
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else {
                return "has a space or another character that URLs may not hold; percent-encode it"
            }
            if text.hasPrefix("//") { return "begins with `//`, which names a host; write `https://` or one `/`" }
            if text.hasPrefix("/") { return nil }
            if text.contains("{") {
                if Self.urlStarts.contains(where: text.hasPrefix) { return nil }
                return "is neither a URL nor a path; write `https://host/path` or `/path`"
            }
            let withoutFragment = String(text.prefix { $0 != "#" })
            guard let url = try? ServiceURL(withoutFragment), url.scheme != .unix else {
                return "is neither a URL nor a path; write `https://host/path` or `/path`"
            }
            return nil
        }
        return text.checked { text, node, decoding in
            _ = Template.read(node, &decoding) { () throws(Template.Failure) in try Template(url: text) }
        }
    }

    private static var urlStarts: [String] {
        ["http://", "https://", "{request.scheme}://", "{request.path}", "{request.uri}"]
    }

    static var fieldValue: Shape<String> {
        .text("a field value") { FieldRules.isValue($0) ? nil : "has characters that a field value may not hold" }
    }

    /// A protocol name of the Upgrade field, in lower case.
    static var upgradeToken: Shape<String> {
        Shape<String>.text("a protocol name such as `websocket`", pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z/-]+$") { text in
            guard FieldRules.isName(text.filter { $0 != "/" }) else { return "is no protocol name; write `websocket`" }
            if text.lowercased() == "h2c" || text.lowercased().hasPrefix("tls/") {
                return "is never passed on, as it would hide requests from Gatehouse; remove it"
            }
            return nil
        }.converted { text, _, _ in text.lowercased() }.shown { $0 }
    }
}

extension Shape where Value == Int {
    fileprivate static var redirectStatus: Shape<Int> { .words([301, 302, 303, 307, 308].map { ("\($0)", $0) }) }
}

extension Shape where Value == [Configuration.ResponseField] {
    fileprivate static var responseFields: Shape<[Configuration.ResponseField]> {
        let value = Shape<String>.fieldValue.checked { text, node, decoding in
            _ = Template.read(node, &decoding) { () throws(Template.Failure) in
                try Template(text, as: .field, knownBy: .response)
            }
        }
        return .entries(value, key: "a field name") { name, location, value, decoding in
            if let problem = fieldNameProblem(name) { decoding.error(at: location, "\(quoted(name)) \(problem)") }
            return value.map { Configuration.ResponseField(name: name, value: $0) }
        }
    }

    @Sendable
    private static func fieldNameProblem(_ name: String) -> String? {
        guard FieldRules.isName(name) else { return "is no field name; use letters, digits and `-`" }
        switch name.lowercased() {
        case "content-type": return "has a key of its own; write `content_type`"
        case "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te",
            "proxy-connection", "date":
            return "is made by Gatehouse itself; remove it"
        default: return nil
        }
    }
}
