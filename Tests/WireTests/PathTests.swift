// DESIGN "Path": routes and rights see one normalised path, backends see the bytes that came.

import GateTesting
import Testing

@Suite("Paths (RFC 3986 §6.2.2)")
struct PathTests {
    private static let guarded = Stage.Settings(routes: [
        "{ match: { path: /admin/* }, respond: { status: 403 } }",
        "{ match: { path: /exact }, respond: { status: 410 } }",
    ])

    @Test(
        "a route's path is met whatever way it is written",
        arguments: [
            "/admin/x", "/./admin/x", "/a/../admin/x", "//admin/x", "/a/..//admin/x", "/%61dmin/x",
            "/%61%64%6D%69%6E/x",
            "/a/%2e%2e/admin/x", "/a/%2E./admin/x", "/admin/./x", "/admin/../admin/x", "/admin/x?y=/../z", "/admin//x",
            "http://a.example/%61dmin/x", "/..//admin/x", "/../admin/x", "/a/b/../../admin/x",
        ])
    func guarded(target: String) throws {
        try Stage.play(ScriptedServer.echo, Self.guarded) { stage in
            let status = try stage.exchange(get(target)).status
            #expect(status == 403 || (target.contains("/..") && status == 400))
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test(
        "what only looks like a route's path is not met",
        arguments: [
            "/administrator", "/Admin/x", "/x/admin/y", "/admin/../x", "/x?/admin/x", "/exactly", "/exact/",
            "/%2561dmin/x",
        ])
    func unguarded(target: String) throws {
        try Stage.play(ScriptedServer.echo, Self.guarded) { stage throws in
            #expect(try stage.exchange(get(target)).status == 200)
        }
    }

    @Test(
        "the backend gets the bytes that came",
        arguments: [
            "/", "/a/../b", "//a//b", "/%7Euser/%61", "/a?b=%2F&c=/../d", "/a?", "/a;b=c/d,e:@&=+$!*'()~", "/a%20b",
            "/%C3%A4",
            "/a/.", "/a/..?b", "/?a//b",
        ])
    func forwarded(target: String) throws {
        try Stage.play { stage throws in #expect(try stage.forwarded(get(target)).target == target) }
    }

    @Test(
        "%2F, %5C and %00 are refused unless the route allows them",
        arguments: ["/a%2Fb", "/a%2fb", "/a%5Cb", "/a%5cb", "/a%00b"])
    func forbidden(target: String) throws {
        try Stage.play { stage in
            #expect(try stage.exchange(get(target)).status == 400)
            #expect(stage.backend.requestCount == 0)
            try expectEnding("malformed_request", in: stage)
        }
    }

    @Test("a route may allow them, each for itself")
    func allowed() throws {
        try Stage.play(ScriptedServer.echo, .init(route: "encoded: [slash]")) { stage throws in
            #expect(try stage.forwarded(get("/a%2Fb")).target == "/a%2Fb")
            #expect(try stage.exchange(get("/a%5Cb")).status == 400)
            #expect(try stage.exchange(get("/a%00b")).status == 400)
        }
        try Stage.play(ScriptedServer.echo, .init(route: "encoded: [backslash]")) { stage throws in
            #expect(try stage.forwarded(get("/a%5Cb")).target == "/a%5Cb")
            #expect(try stage.exchange(get("/a%2Fb")).status == 400)
        }
    }

    @Test("an encoded slash that is allowed is no slash to the routes")
    func encodedSlashInRoutes() throws {
        var settings = Self.guarded
        settings.route = "encoded: [slash]"
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            #expect(try stage.exchange(get("/x%2Fadmin/x")).status == 200)
            // A backend that decodes would climb out of the route.
            #expect(try stage.exchange(get("/x%2F..%2Fadmin/x")).status == 400)
            #expect(try stage.exchange(get("/x/..%2Fadmin/x")).status == 400)
            #expect(try stage.exchange(get("/x%2f.")).status == 400)
            #expect(try stage.exchange(get("/x%2F...")).status == 200)
            #expect(try stage.exchange(get("/admin%2Fx")).status != 403)
        }
    }

    @Test(
        "a percent sign without two digits is refused (RFC 3986 §2.1)",
        arguments: ["/%", "/%4", "/%zz", "/a%2", "/%%41"])
    func brokenEncoding(target: String) throws {
        try Stage.play { stage throws in
            #expect(try stage.exchange(get(target)).status == 400)
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("a backslash in a path is refused or stays a backslash")
    func backslash() throws {
        try Stage.play(ScriptedServer.echo, Self.guarded) { stage throws in
            #expect([400, 200].contains(try stage.exchange(get("/x\\..\\admin/x")).status))
            #expect(try stage.exchange(get("/\\admin/x")).status != 403)
        }
    }
}
