import Foundation
import GateConfig
import Testing

@Suite("Includes")
struct IncludeTests {
    private func load(_ file: String) -> (ConfigNode?, [String], [String]) {
        var loader = SourceLoader(environment: [:])
        let root = loader.load(file: file)
        return (root, loader.diagnostics.map(\.description), loader.files)
    }

    @Test("merge maps and append lists, relative to the file that names them")
    func merging() throws {
        let folder = try TemporaryFolder()
        let main = try folder.write("main.yaml", "include: [parts/*.yaml, more.yaml]\nlist: [a]\nmap: { a: 1 }\n")
        let one = try folder.write("parts/1.yaml", "include: deep/x.yaml\nlist: [b]\nmap: { b: 2 }\n")
        try folder.write("parts/2.yaml", "list: [c]\n")
        try folder.write("parts/deep/x.yaml", "list: [x]\nmap: { c: { d: 1 } }\n")
        try folder.write("more.yaml", "only: 1\nmap: { c: { e: 2 } }\n")
        let (loaded, findings, files) = load(main)
        let root = try #require(loaded)
        #expect(findings == [])
        #expect(root["list"]?.elements?.compactMap { $0.scalar?.text } == ["a", "b", "x", "c"])
        #expect(root["map"]?.entries?.map(\.key) == ["a", "b", "c"])
        #expect(root["map"]?["c"]?.entries?.map(\.key) == ["d", "e"])
        #expect(root["only"] != nil)
        #expect(root["include"] == nil)
        #expect(root["list"]?.elements?[1].location == SourceLocation(file: one, line: 2, column: 8))
        #expect(files.count == 5)
    }

    @Test("of one value by two files is refused at the second")
    func conflict() throws {
        let folder = try TemporaryFolder()
        let main = try folder.write("main.yaml", "include: b.yaml\na: 1\nm: { x: 1 }\n")
        let other = try folder.write("b.yaml", "\na: 2\nm: { x: 2 }\n")
        let findings = load(main).1
        #expect(
            findings == [
                "\(other):2:1: error: `a` is already set at \(main):2:1; remove one",
                "\(other):3:6: error: `x` is already set at \(main):3:6; remove one",
            ])
    }

    @Test("of a missing file is refused at the entry, and the others are still read")
    func missing() throws {
        let folder = try TemporaryFolder()
        let main = try folder.write("main.yaml", "include:\n  - nowhere.yaml\n  - bad.yaml\n  - [x]\n")
        let bad = try folder.write("bad.yaml", "a: [\n")
        let findings = load(main).1
        #expect(findings.count == 3)
        #expect(
            findings.contains(
                "\(main):2:5: error: cannot read `\(folder.path.prefix(0))\(shown(folder.path + "/nowhere.yaml"))`: there is no such file"
            ))
        #expect(findings.contains { $0.hasPrefix("\(main):4:5: error: expected the path of a file or a pattern") })
        #expect(findings.contains { $0.hasPrefix("\(bad):2:1: error: this is no YAML") })
    }

    /// As messages show a long text.
    private func shown(_ text: String) -> String { text.count > 60 ? text.prefix(60) + "…" : text }

    @Test("of a pattern that matches nothing is no error")
    func emptyPattern() throws {
        let folder = try TemporaryFolder()
        let main = try folder.write("main.yaml", "include: conf.d/*.yaml\na: 1\n")
        #expect(load(main).1 == [])
    }

    @Test("in a circle are refused")
    func circle() throws {
        let folder = try TemporaryFolder()
        let main = try folder.write("main.yaml", "include: b.yaml\n")
        let other = try folder.write("b.yaml", "include: ./main.yaml\n")
        let (root, findings, _) = load(main)
        #expect(root != nil)
        #expect(findings.count == 1)
        #expect(findings[0].hasPrefix("\(other):1:10: error: "))
        #expect(findings[0].hasSuffix("includes itself; remove this entry"))
        let own = try folder.write("own.yaml", "include: '*.yaml'\n")
        #expect(load(own).1.contains { $0.hasPrefix("\(own):1:10: error: ") })
    }

    @Test("in a long chain are refused")
    func chain() throws {
        let folder = try TemporaryFolder()
        for number in 1...20 { try folder.write("\(number).yaml", "include: \(number + 1).yaml\n") }
        let findings = load(folder.path + "/1.yaml").1
        #expect(findings.count == 1)
        #expect(findings[0].hasSuffix("16.yaml:1:10: error: more than 16 files include each other in a chain"))
    }

    @Test("a file that is no UTF-8, a folder and a missing file are errors of their own")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let latin = try folder.write("latin.yaml", Array("a: 1\nb: \"".utf8) + [0xe4])
        #expect(load(latin).1 == ["\(latin):2:5: error: this byte is no UTF-8; save the file as UTF-8"])
        #expect(load(folder.path).1.first?.hasSuffix("it is a folder") == true)
        #expect(
            load("/nowhere.yaml").1 == ["/nowhere.yaml:1:1: error: cannot read `/nowhere.yaml`: there is no such file"])
    }
}

@Suite("Files that are read again and again")
struct FileReferenceTests {
    @Test("a pipe, a device or a folder in the place of a file stops nobody", .timeLimit(.minutes(1)))
    func irregular() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for (path, reason) in [
            (pipe, "it is no regular file"), ("/dev/zero", "it is no regular file"), (folder.path, "it is a folder"),
        ] {
            let failure = #expect(throws: FileUnreadable.self) { try FileReference(path).read(bytesMax: 100) }
            #expect(failure?.reason == reason)
        }
    }

    @Test("the configuration itself may come through a pipe, what it includes may not", .timeLimit(.minutes(1)))
    func streams() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        try folder.write("top.yaml", "include: pipe\n")
        var including = SourceLoader(environment: [:])
        _ = including.load(file: folder.path + "/top.yaml")
        #expect(including.diagnostics.map(\.message) == ["cannot read `\(pipe)`: it is no regular file"])
        Thread.detachNewThread {
            // Waits for the reader.
            let descriptor = open(pipe, O_WRONLY)
            _ = write(descriptor, "a: 1\n", 5)
            close(descriptor)
        }
        var loader = SourceLoader(environment: [:])
        #expect(loader.load(file: pipe)?["a"]?.scalar?.text == "1")
    }
}
