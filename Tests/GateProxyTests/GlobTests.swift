import GateTestSupport
import Testing

@testable import GateProxy

@Suite("Globs")
struct GlobTests {
    private func matches(_ glob: String, _ path: String) -> Bool {
        let bytes = Array(path.utf8)
        return PathGlob(glob).matches(bytes.span)
    }

    @Test(
        "one star stays in its segment, two take whole segments, one at the end takes the rest",
        arguments: [
            (
                "/img/*.png", ["/img/a.png", "/img/.png", "/img/a.b.png"],
                ["/img/a/b.png", "/img/a.pn", "/img", "/imga.png"]
            ),
            ("/a/*/c", ["/a/b/c", "/a//c"], ["/a/c", "/a/b/b/c", "/a/b/c/"]),
            ("/a/**/c", ["/a/c", "/a/b/c", "/a/b/b/c", "/a/c/c"], ["/ac", "/a/b", "/a/b/cc", "/c", "/a/c/"]),
            ("/**/x.php", ["/x.php", "/a/b/x.php"], ["/a/x.phpx", "/ax.php/b"]),
            ("/a/**", ["/a", "/a/", "/a/b/c"], ["/ab", "/"]),
            ("/**", ["/", "/a", "/a/b/"], []),
            ("/*/x/*", ["/a/x/y", "/a/x/", "/a/x", "/a/x/y/z"], ["/a/b/x/y", "/x/y", "/a/xy"]),
            ("/**/a/*/b", ["/a/1/b", "/x/a/a/1/b", "/a/a/a/b"], ["/a/b", "/a/1/2/b", "/a/1/b/c"]),
            ("/**/a/**/b", ["/a/b", "/x/a/y/b", "/a/x/a/b"], ["/a", "/b/a", "/xa/b"]),
            ("/a*b*c", ["/abc", "/axbxc", "/abbcc"], ["/ab", "/acb", "/ab/c"]),
            ("/aa*aa", ["/aaaa", "/aaxaa"], ["/aaa", "/aa"]),
        ])
    func matching(_ glob: String, _ taken: [String], _ refused: [String]) {
        for path in taken { #expect(matches(glob, path), "\(glob) takes \(path)") }
        for path in refused { #expect(!matches(glob, path), "\(glob) takes \(path)") }
    }

    @Test("OPTIONS * is no path")
    func asterisk() {
        #expect(!matches("/**", "*"))
    }

    @Test(
        "no path makes a match expensive",
        arguments: ["/**/a/*/a/*/a/*/b", "/**/a/**/a/**/a/**/b", "/*a*a*a*a*a*b", "/**/*a*a*b/c"])
    func expensive(_ glob: String) {
        let paths = [String(repeating: "/a", count: 1000), "/" + String(repeating: "a", count: 2000)]
        for path in paths {
            // Some milliseconds without optimisation, and no end in sight if each star tried all that the others did.
            var isTaken = true
            let milliseconds = cpuMilliseconds { isTaken = matches(glob, path) }
            #expect(!isTaken)
            #expect(milliseconds < 1000)
        }
    }
}
