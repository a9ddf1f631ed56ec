import GateProxy
import GateTesting
import Testing

@Suite("Pages")
struct PageTests {
    @Test("a link within the project points at something", arguments: Repository.pages)
    func links(_ file: String) throws {
        let folder = Repository.folder(of: file)
        for link in try Page(file).links where !link.contains("://") && !link.hasPrefix("mailto:") {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let target = parts[0].isEmpty ? file : Self.joined(folder, String(parts[0]))
            #expect(Self.isThere(target), "\(link)")
            if parts.count == 2 && target.hasSuffix(".md") {
                #expect(try Page(target).anchors.contains(String(parts[1])), "\(link)")
            }
        }
    }

    private static func joined(_ folder: String, _ link: String) -> String {
        var parts = folder.split(separator: "/")
        for part in link.split(separator: "/") where part != "." {
            if part == ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    private static func isThere(_ file: String) -> Bool {
        let path = "\(Repository.path)/\(file)"
        return (try? readFile(path)) != nil || !listDirectory(path).isEmpty
    }

    @Test("the logging guide lists every reason with its status")
    func reasons() throws {
        let rows = try Page("docs/guides/logging.md").rows(under: "Reasons")
        let documented = Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
        for reason in EndReason.allCases {
            #expect(documented["`\(reason.name)`"] == "\(reason.status)", "\(reason.name)")
        }
        #expect(rows.count == EndReason.allCases.count + 2, "two lines are the table's head")
    }

    @Test("defaults on pages are those of the reference", arguments: ["timeouts", "limits"])
    func defaults(_ section: String) throws {
        let reference = try Page("docs/configuration.md").rows(under: section)
        for page in try Repository.pages.map({ try Page($0) }) {
            for row in page.rows() where row[0].hasPrefix("`\(section).") {
                let key = "`" + row[0].dropFirst(section.count + 2)
                let entry = reference.first { $0[0] == key }
                #expect(entry?[2] == row[1], "\(page.file): \(row[0])")
            }
        }
    }
}
