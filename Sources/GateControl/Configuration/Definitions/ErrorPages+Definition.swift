internal import GateConfig
internal import GateProxy

extension Configuration.ErrorPage {
    /// Bytes of a page.
    static let bytesMax = 1 << 20

    static let definition = StructDefinition<Self>(
        "error_page", title: "error page",
        doc:
            "What a client gets in the place of an error's usual body: a file, a text, or a redirect. Files are read with the "
            + "configuration, from its folder, and sent as they are; of text and redirects variables are replaced. `{{name}}` "
            + "is `{name}` itself, and other braces mean nothing.",
        example: """
            routes:
              - error_pages:
                  401: { redirect: "/login?next={request.uri}" }
                  5xx: { body: "<h1>Sorry</h1><p>{request.id}</p>", content_type: text/html }
                proxy: app
            """,
        make: { Self(content: .text("")) }, exclusions: [.exactlyOne("file", "body", "redirect")],
        keys: {
            Key(
                "file", .file(bytesMax: bytesMax), \.file, defaultText: "none", example: "pages/404.html",
                "A file of at most 1 MiB.")
            Key("body", .anyString, \.text, defaultText: "none", "The body, as text with variables.")
            Key(
                "redirect", .redirectTarget, \.redirect, defaultText: "none", example: "/login?next={request.uri}",
                "Where the client is sent.")
            Key(
                "content_type", .fieldValue, \.contentType, defaultText: "by the file's ending; text is plain",
                "The Content-Type of the page.")
            Key(
                "status", .integer(200...599), \.status, defaultText: "the error's; 302 for a redirect",
                "The status that the client gets.")
        },
        finish: check)

    @Sendable
    private static func check(_ page: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        if case .file = page.content, node["content_type"] == nil, let path = node["file"]?.scalar?.text {
            page.contentType = ContentType.named(path)
        }
        checkStatus(page, node, &decoding)
        guard case .text(let text) = page.content, let body = node["body"] else { return }
        _ = Template.read(body, &decoding) { () throws(Template.Failure) in
            try Template(page: text, as: ContentType.place(page.contentType))
        }
    }

    private static func checkStatus(_ page: Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        guard let status = page.status, let place = node["status"] else { return }
        if case .redirect = page.content, ![301, 302, 303, 307, 308].contains(status) {
            decoding.error(at: place.location, "a redirect has status 301, 302, 303, 307 or 308; write one of them")
        } else if [204, 205, 304].contains(status) {
            decoding.error(at: place.location, "an answer with status \(status) has no body; write another status")
        }
    }

    // MARK: The content, one key at a time

    private var file: FileContent? {
        get { nil }
        set { if let newValue { content = .file(newValue.bytes) } }
    }

    private var text: String? {
        get { nil }
        set { if let newValue { content = .text(newValue) } }
    }

    private var redirect: String? {
        get { nil }
        set { if let newValue { content = .redirect(newValue) } }
    }
}

extension Shape where Value == [Configuration.ErrorPageEntry] {
    static var errorPages: Shape<[Configuration.ErrorPageEntry]> {
        .entries(Shape<Configuration.ErrorPage>.errorPage, key: "a status such as `404` or `5xx`") {
            text, location, page, decoding in
            guard let statuses = StatusPattern(text) else {
                decoding.error(at: location, "\(quoted(text)) \(StatusPattern.problem)")
                return nil
            }
            return page.map { Configuration.ErrorPageEntry(statuses: statuses, page: $0) }
        }
    }
}

extension Shape where Value == Configuration.ErrorPage {
    /// The name of a file, or a mapping.
    fileprivate static var errorPage: Shape<Configuration.ErrorPage> {
        let file = Shape<FileContent>.file(bytesMax: Configuration.ErrorPage.bytesMax).converted { file, _, _ in
            Configuration.ErrorPage(content: .file(file.bytes), contentType: ContentType.named(file.path))
        }
        return .scalarOr(file, Configuration.ErrorPage.definition.shape)
    }
}

extension Shape where Value == StatusPattern {
    static var statusPattern: Shape<StatusPattern> {
        Shape<String>.text("a status such as `404` or `5xx`", pattern: "^[45]([0-9][0-9]|xx)$") { text in
            StatusPattern(text) == nil ? StatusPattern.problem : nil
        }.converted { text, _, _ in StatusPattern(text) }
    }
}

extension StatusPattern {
    fileprivate static let problem = "is no status of an error; write one from `400` to `599`, or `4xx` or `5xx`"

    /// `404` or `5xx`.
    fileprivate init?(_ text: String) {
        if text == "4xx" || text == "5xx" {
            self = .family(text == "4xx" ? 4 : 5)
        } else if let status = Int(text), (400...599).contains(status) {
            self = .exact(status)
        } else {
            return nil
        }
    }
}
