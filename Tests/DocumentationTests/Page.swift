// As much of Markdown as the tests need: fenced blocks, tables, links.

/// A page of documentation.
struct Page {
    let file: String
    private let lines: [Substring]

    init(_ file: String) throws {
        self.file = file
        lines = try Repository.text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// A fenced block: its language, where it stands and what is in it.
    struct Block {
        var language: Substring
        var line: Int
        var lines: [Substring] = []
    }

    /// All fenced blocks, in order.
    var blocks: [Block] {
        var blocks: [Block] = []
        var open: Block?
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open = open == nil ? Block(language: line.dropFirst(3), line: index + 2) : nil
            } else {
                open?.lines.append(line)
            }
        }
        return blocks
    }

    /// The cells of all table rows, without what is around them, under the heading or in the whole page.
    func rows(under heading: String? = nil) -> [[String]] {
        var current: Substring = ""
        var rows: [[String]] = []
        for line in lines {
            if line.hasPrefix("#") { current = line.drop { $0 == "#" }.dropFirst() }
            guard line.hasPrefix("|"), heading == nil || current == heading! else { continue }
            rows.append(line.split(separator: "|").map(Page.trimmed))
        }
        return rows
    }

    private static func anchor(of heading: Substring) -> String {
        String(
            heading.lowercased().map { $0 == " " ? "-" : $0 }.filter { $0.isLetter || $0.isNumber || "_-".contains($0) }
        )
    }

    private static func trimmed(_ cell: Substring) -> String {
        String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Where links point, outside of fenced blocks.
    var links: [String] {
        var isInBlock = false
        var links: [String] = []
        for line in lines {
            if line.hasPrefix("```") { isInBlock.toggle() }
            guard !isInBlock else { continue }
            for part in line.split(separator: "](").dropFirst() {
                if let end = part.firstIndex(of: ")") { links.append(String(part[..<end])) }
            }
        }
        return links
    }

    /// What links may point at: headings as their anchors.
    var anchors: Set<String> {
        Set(lines.filter { $0.hasPrefix("#") }.map { Page.anchor(of: $0.drop { $0 == "#" }.dropFirst()) })
    }
}
