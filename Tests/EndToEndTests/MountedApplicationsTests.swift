// The example of two applications under two paths, as a user runs it: the programs, the configuration, curl with a jar.

import GateCore
import GateTesting
import Testing

@Suite(
    "Applications that live at / under two paths (RFC 9110 §10.2.2, RFC 6265 §5.3, §5.4, RFC 8288 §3)",
    .enabled(if: Peer.curl.mayRun && Peer.python3.mayRun, "needs curl and Python 3"))
struct MountedApplicationsTests {
    @Test("login, a cookie that comes back to its application only, and logout, in both")
    func sessions() throws {
        let mounted = try MountedApplications()
        let browser = try Browser(mounted)

        let asked = try browser.visit("/bitbucket/repos?page=2")
        #expect(asked.place == "/bitbucket/login?next=/repos%3Fpage%3D2")
        #expect(asked.text == "bitbucket: who are you?\n")
        let first = try browser.visit("/bitbucket/login", form: "user=ada")
        #expect(first.place == "/bitbucket/dashboard")
        #expect(first.text.contains("welcome ada, this is /dashboard"))
        #expect(first.text.contains("theme=dark"))

        // Either copy of the second application may answer: each sends to the same public place.
        for _ in 1...4 { #expect(try browser.visit("/jenkins/job/x").place == "/jenkins/login") }
        let second = try browser.visit("/jenkins/login", form: "user=bob")
        #expect(second.place == "/jenkins/job/all/")
        #expect(second.text.contains("jenkins: bob at /job/all/"))
        #expect(!second.text.contains("bitbucket-ada"))

        // Two cookies of one name, each for one path of the public domain.
        let jar = try browser.cookies.filter { $0.name == "JSESSIONID" }
        #expect(Set(jar.map(\.path)) == ["/bitbucket", "/jenkins"])
        #expect(jar.allSatisfy { $0.domain.hasSuffix("apps.example") })
        let back = try browser.visit("/bitbucket/")
        #expect(back.text.contains("welcome ada"))
        #expect(!back.text.contains("bob."))

        #expect(try browser.fields("/jenkins/logout").contains("Location: /jenkins/\r\n"))
        #expect(try browser.visit("/jenkins/").place == "/jenkins/login")
        #expect(try browser.visit("/bitbucket/").text.contains("welcome ada"))
        let goodbye = try browser.fields("/bitbucket/logout")
        #expect(goodbye.contains("Refresh: 0; url=/bitbucket/login\r\n"))
        #expect(try browser.visit("/bitbucket/").place == "/bitbucket/login?next=/")
        #expect(try browser.cookies.filter { $0.name == "JSESSIONID" }.isEmpty)
        try mounted.stop()
    }

    @Test("links and places in fields are public, what the servers run is not told, and both copies work")
    func fields() throws {
        let mounted = try MountedApplications()
        let browser = try Browser(mounted)
        _ = try browser.visit("/bitbucket/login", form: "user=ada")
        _ = try browser.visit("/jenkins/login", form: "user=bob")
        let repositories = try browser.fields("/bitbucket/repos")
        #expect(repositories.contains("Content-Location: /bitbucket/repos?page=1\r\n"))
        #expect(repositories.contains("Link: </bitbucket/repos?page=2>; rel=\"next\", </bitbucket/>; rel=\"up\"\r\n"))
        #expect(repositories.contains("Link: <https://cdn.example/a.css>; rel=preload\r\n"))
        #expect(!repositories.contains("Server:"))
        var nodes: Set<String> = []
        for _ in 1...4 {
            let job = try browser.fields("/jenkins/job/x")
            #expect(job.contains("Link: <\(mounted.origin)/jenkins/api>; rel=\"service-desc\"\r\n"))
            let build = try browser.fields("/jenkins/job/x/build", form: "a=b")
            for head in [job, build] { nodes.insert(head.contains("X-Node: one") ? "one" : "two") }
            #expect(build.contains("Location: \(mounted.origin)/jenkins/job/x/build/1/\r\n"))
        }
        #expect(nodes == ["one", "two"])
        #expect(try browser.fields("/jenkins").contains("Location: /jenkins/\r\n"))
        #expect(try browser.visit("/other").text == "nothing is mounted at /other\n")
        try mounted.stop()
    }
}

/// The example, running: three programs and the proxy before them.
private struct MountedApplications {
    let port: UInt16
    private let programs: [ChildProcess]
    private let proxy: ProxyUnderTest

    init() throws {
        var folder = #filePath
        for _ in 0..<3 { folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]) }
        folder += "/examples/mounted-applications"
        let started = try [["bitbucket.py", "0"], ["jenkins.py", "0", "one"], ["jenkins.py", "0", "two"]].map {
            try ChildProcess(Peer.python, ["\(folder)/\($0[0])"] + $0.dropFirst())
        }
        programs = started
        let urls = try started.map { program in
            try program.waitForText("listening on ")
            let number = program.output.split { $0 == " " || $0 == "\n" }.last ?? ""
            return "http://127.0.0.1:\(number)"
        }
        let text = String(decoding: try readFile("\(folder)/gatehouse.yaml"), as: UTF8.self)
        let environment = [
            "LISTEN": "127.0.0.1:0", "BITBUCKET": urls[0], "JENKINS_1": urls[1], "JENKINS_2": urls[2],
        ]
        proxy = try ProxyUnderTest(
            text + "\nlog: { access: off, error: { level: warning } }\nworkers: 1\n", environment: environment)
        port = try proxy.address(of: "127.0.0.1:0").port ?? 0
    }

    /// How the public side is called.
    var origin: String { "http://apps.example:\(port)" }

    func stop() throws {
        try proxy.stop()
        for program in programs { program.stop() }
    }
}

/// curl with a jar of cookies.
private struct Browser {
    private let mounted: MountedApplications
    private let folder: TemporaryDirectory

    init(_ mounted: MountedApplications) throws {
        self.mounted = mounted
        folder = try TemporaryDirectory()
    }

    /// Follows redirects: the path where that ends, and the text there.
    func visit(_ path: String, form: String? = nil) throws -> (place: String, text: String) {
        let mark = "\n@@@"
        let output = try curl(path, form, ["--location", "--write-out", "\(mark)%{url_effective}"])
        let parts = output.split(separator: mark, omittingEmptySubsequences: false)
        let url = String(parts.last ?? "")
        try #require(url.hasPrefix(mounted.origin), "\(url)")
        return (String(url.dropFirst(mounted.origin.count)), String(parts.first ?? ""))
    }

    /// The head of one answer.
    func fields(_ path: String, form: String? = nil) throws -> String {
        try curl(path, form, ["--dump-header", "-", "--output", "/dev/null"])
    }

    private func curl(_ path: String, _ form: String?, _ more: [String]) throws -> String {
        let jar = folder.file("jar")
        let base = [
            "--silent", "--show-error", "--noproxy", "*", "--cookie", jar, "--cookie-jar", jar,
        ]
        let place = ["--resolve", "apps.example:\(mounted.port):127.0.0.1", mounted.origin + path]
        let result = try runProgram("curl", base + (form.map { ["--data", $0] } ?? []) + more + place)
        guard result.status == 0 else { throw SystemFailure("curl \(path): \(result.errors)", result.status) }
        return result.output
    }

    /// What is in the jar, as Netscape's format has it.
    var cookies: [(domain: String, path: String, name: String)] {
        get throws {
            let text = String(decoding: try readFile(folder.file("jar")), as: UTF8.self)
            return text.split(separator: "\n").compactMap { line in
                let line = line.hasPrefix("#HttpOnly_") ? line.dropFirst("#HttpOnly_".count) : line
                let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
                return parts.count == 7 ? (String(parts[0]), String(parts[2]), String(parts[5])) : nil
            }
        }
    }
}
