import GateConfig
import GateControl
import GateProxy
import GateTesting
import Testing

@Suite("Configuration of rewriting")
struct RewritingTests {
    private func text(_ template: String, _ place: ValuePlace) throws -> Template { try Template(template, as: place) }

    @Test("every key of a route")
    func keys() throws {
        let read = try route(
            """
            proxy: 'http://a', host: app.internal, map_back: false, hide: [Server, 'X-Debug-*'],
              rewrite: { strip_prefix: /a b/, replace: { from: x, to: 'y{request.id}' }, add_prefix: /c,
                query: { remove: [d, 'utm_*'], set: { 'e f': 'g&{request.id}' }, add: { h: '' } } },
              request_fields: { remove: X-A, rename: { X-B: X-C }, set: { X-D: '{request.id}' }, add: { X-E: [1, 2] }, default: { X-F: f } },
              replace_errors: [404, 5xx], error_pages: { 404: { body: '{request.id}' } }
            """
        ).rewriting
        #expect(read.host == .fixed("app.internal"))
        #expect(read.mapsBack == false)
        #expect(read.hidden == [.name(Array("server".utf8)), .prefix(Array("x-debug-".utf8))])
        #expect(read.replacedErrors == [.exact(404), .family(5)])
        #expect(read.errorPages == [.init(statuses: .exact(404), page: .init(content: .text("{request.id}")))])
        let target = try #require(read.target)
        #expect(target.stripPrefix == Array("/a%20b".utf8))
        #expect(target.addPrefix == Array("/c".utf8))
        #expect(target.replacement == .init(from: Array("x".utf8), to: try text("y{request.id}", .path)))
        #expect(target.query.remove == [.exact(Array("d".utf8)), .prefix(Array("utm_".utf8))])
        #expect(target.query.set.map(\.encodedName) == [Array("e%20f".utf8)])
        #expect(target.query.set.map(\.value) == [try text("g%26{request.id}", .query)])
        let edits = try #require(read.requestFields.first)
        #expect(edits.remove == [.name(Array("x-a".utf8))])
        #expect(edits.rename == [.init(from: "X-B", to: "X-C")])
        #expect(edits.set == [FieldLine(name: "X-D", value: try text("{request.id}", .field))])
        #expect(edits.add.map(\.value) == [try text("1", .field), try text("2", .field)])
        #expect(edits.defaults.map(\.name) == [Array("X-F".utf8)])
    }

    @Test("one word hides what servers tell of themselves")
    func hide() throws {
        let hidden = try route("proxy: 'http://a', hide: backend").rewriting.hidden ?? []
        #expect(hidden.contains(.name(Array("server".utf8))))
        #expect(hidden.contains(.name(Array("x-powered-by".utf8))))
    }

    @Test("an inner place's changes come on top of an outer one's")
    func inheritance() {
        let outer = Configuration.Rewriting(
            target: RewritePlan(), host: .server, requestFields: [FieldEdits()], hidden: [], mapsBack: false,
            errorPages: [.init(statuses: .exact(404), page: .init(content: .text("outer")))], replacedErrors: [])
        #expect(outer.applying(.init()) == outer)
        var edits = FieldEdits()
        edits.remove = [.name([0x61])]
        let inner = Configuration.Rewriting(
            host: .keep, requestFields: [edits], hidden: [.name([0x62])], mapsBack: true,
            errorPages: [.init(statuses: .exact(404), page: .init(content: .text("inner")))])
        let both = outer.applying(inner)
        #expect(both.host == .keep)
        #expect(both.requestFields == [FieldEdits(), edits])
        #expect(both.hidden == [.name([0x62])])
        #expect(both.mapsBack == true)
        #expect(both.errorPages.map(\.page.content) == [.text("outer"), .text("inner")])
    }

    @Test("a page is read from the folder of the file that names it, and its ending tells its type")
    func files() throws {
        let folder = try TemporaryDirectory()
        try writeFile(folder.file("404.html"), "<h1>gone</h1>")
        let text = base.dropLast(1) + "\n" + "x-a: 1\n"
        let routes = "sites: [{ routes: [{ respond: 200, error_pages: { 404: 404.html } }] }]\n"
        try writeFile(folder.file("gate.yaml"), text.prefix(while: { $0 != "\n" }) + "\n" + routes)
        let outcome = ConfigurationLoader.load(file: folder.file("gate.yaml"), environment: [:])
        #expect(outcome.diagnostics.map(\.description) == [])
        let page = outcome.configuration?.sites.first?.routes.first?.rewriting.errorPages.first?.page
        #expect(page?.content == .file(Array("<h1>gone</h1>".utf8)))
        #expect(page?.contentType == "text/html; charset=utf-8")
    }

    @Test(
        "mistakes",
        arguments: [
            ("rewrite: { strip_prefix: a }", "36: error: `a` does not begin with `/`; put one before it"),
            ("rewrite: { strip_prefix: / }", "36: error: `/` is no prefix; leave the key out"),
            ("rewrite: { path: '/a?b' }", "28: error: `/a?b` has a query; write it under `query`"),
            (
                "rewrite: { path: '/{paht.1}' }",
                "28: error: there is no variable `paht.1`; the reference of `access_log` lists them"
            ),
            (
                "rewrite: { path: '/{request.hots}' }",
                "28: error: there is no variable `request.hots`; did you mean `request.host`?"
            ),
            (
                "rewrite: { path: '/a b' }",
                "28: error: `/a b` has a space or another character that paths may not hold; percent-encode it"
            ),
            (
                "rewrite: { path: /a, add_prefix: /b }",
                "32: error: `add_prefix` cannot stand beside `path`; keep one of them"
            ),
            ("rewrite: { replace: { from: a } }", "31: error: the replace lacks `to`, such as `to: /v2/`"),
            (
                "rewrite: { query: { remove: '*' } }",
                "39: error: `*` is every parameter; write a name, or its start as in `utm_*`"
            ),
            (
                "rewrite: { regex: { pattern: '(', to: a } }",
                "40: error: `(` is no regular expression: missing closing parenthesis (at byte 1 of it)"
            ),
            (
                "rewrite: { regex: { pattern: 'a', to: '{regex.1}' } }",
                "49: error: there is no variable `regex.1`; the reference of `access_log` lists them"
            ),
            (
                "rewrite: { path: '/{regex.1}' }",
                "28: error: there is no variable `regex.1`; the reference of `access_log` lists them"
            ),
            ("request_fields: { set: { Host: a } }", "36: error: `Host` has a key of its own; write `host`"),
            (
                "request_fields: { remove: Content-Length }",
                "37: error: `Content-Length` is made by Gatehouse itself; remove it"
            ),
            (
                "request_fields: { remove: '*' }",
                "37: error: `*` is every field; write names, or their starts as in `X-Internal-*`"
            ),
            (
                "request_fields: { set: { X: '{status}' } }",
                "39: error: `status` is not known yet when this is written; use a variable of the request"
            ),
            (
                "request_fields: { rename: { A: B C } }",
                "42: error: `B C` is no field name; use letters, digits and `-`"
            ),
            ("request_fields: { sets: {} }", "29: error: unknown key `sets`; did you mean `set`?"),
            ("error_pages: { 404: /no/such.html }", "31: error: `/no/such.html` cannot be read: there is no such file"),
            (
                "error_pages: { 6xx: a }",
                "26: error: `6xx` is no status of an error; write one from `400` to `599`, or `4xx` or `5xx`"
            ),
            (
                "error_pages: { 404: { body: '{nonsense}' } }",
                "39: error: there is no variable `nonsense`; the reference of `access_log` lists them"
            ),
            (
                "error_pages: { 404: { redirect: /, status: 200 } }",
                "54: error: a redirect has status 301, 302, 303, 307 or 308; write one of them"
            ),
            (
                "replace_errors: 302",
                "27: error: `302` is no status of an error; write one from `400` to `599`, or `4xx` or `5xx`"
            ),
        ])
    func mistakes(keys: String, message: String) {
        let text = "listeners: [{ address: \":1\" }]\nsites:\n  - routes:\n      - { proxy: 'http://a', \(keys) }\n"
        #expect(findings(text).map { $0.dropFirst("t:4:".count) }.first.map { shifted(String($0)) } == message)
    }

    /// The column as it were without the `proxy` key before it.
    private func shifted(_ finding: String) -> String {
        let column = Int(finding.prefix { $0 != ":" }) ?? 0
        return "\(column - 19)" + finding.drop { $0 != ":" }
    }

    @Test(
        "what only forwarded requests have is refused elsewhere",
        arguments: [
            "rewrite: { add_prefix: /a }", "host: keep", "hide: backend", "map_back: true", "replace_errors: 404",
        ])
    func useless(keys: String) {
        let text = "listeners: [{ address: \":1\" }]\nsites:\n  - routes:\n      - { respond: 200, \(keys) }\n"
        let key = keys.prefix { $0 != ":" }
        #expect(
            findings(text) == [
                "t:4:25: error: `\(key)` has no effect here: only a `proxy` route forwards; remove it"
            ])
    }

    @Test(
        "a group that no pattern has is refused",
        arguments: [
            ("match: { path: /a }, proxy: 'http://a', rewrite: { path: '/{path.1}' }", "{path.1}"),
            ("match: { path: { regex: '(a)(?<b>b)' } }, redirect: '/{path.2}/{path.c}'", "{path.c}"),
            ("match: { path: { regex: '(a)' } }, respond: { body: '{path.1} {path.2}' }", "{path.2}"),
            (
                "match: { path: { regex: '(a)' } }, request_fields: { set: { X: '{path.1}' } }, routes: [{ proxy: 'http://a', rewrite: { add_prefix: /x, query: { set: { q: '{path.3}' } } } }]",
                "{path.3}"
            ),
        ])
    func groups(keys: String, shown: String) {
        let text = "listeners: [{ address: \":1\" }]\nsites:\n  - routes:\n      - { \(keys) }\n"
        let found = findings(text)
        #expect(found.count == 1)
        #expect(found.first?.contains("error: this route writes `\(shown)`, and no `path: { regex: … }`") == true)
    }

    @Test("braces of JSON and style sheets mean themselves")
    func braces() throws {
        for body in ["{\"a\": {\"b\": 1}}", "a { color: red } {}", "{{", "}", "{ status }"] {
            #expect(try Template(page: body, as: .plain).segments == [.text(Array(body.utf8))])
        }
        #expect(try Template(page: "{{status}}", as: .plain).segments == [.text(Array("{status}".utf8))])
        #expect(try Template(page: "{\"s\":{status}}", as: .json).variables == [.status])
    }
}
