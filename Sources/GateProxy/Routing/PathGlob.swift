// Paths with wildcards: `/img/*.png`, `/a/**/b`. Segment by segment, so that no path makes a match expensive: at worst its
// length times the pattern's segments.

import GateCore

/// A path with wildcards. `*` within a segment is any text without a slash; a segment `**` is any number of segments, none
/// among them; `/*` at the end is everything below.
public struct PathGlob: Sendable, Hashable {
    /// As it was written.
    public let text: String
    /// What every matching path begins with.
    public let literalPrefix: String

    private enum Segment: Sendable, Hashable {
        case literal([UInt8])
        /// The texts between the `*`s.
        case wild([[UInt8]])
        case any
    }

    private let segments: [Segment]
    /// Everything below the segments, which are at least one.
    private let isOpen: Bool

    /// Reads a glob that begins with `/`, in the form that routing sees.
    public init(_ text: String) {
        precondition(text.hasPrefix("/"))
        self.text = text
        isOpen = text.hasSuffix("/*")
        let body = isOpen ? text.dropLast(2) : text[...]
        let parts = body.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        segments = parts.map { Self.segment($0) }
        let plain = parts.prefix { !$0.contains("*") }
        // What only `**` follows may end there.
        let mayEnd = parts.dropFirst(plain.count).allSatisfy { $0 == "**" }
        literalPrefix = "/" + (mayEnd ? plain.joined(separator: "/") : plain.map { $0 + "/" }.joined())
    }

    private static func segment(_ text: Substring) -> Segment {
        if text == "**" { return .any }
        guard text.contains("*") else { return .literal(Array(text.utf8)) }
        return .wild(text.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) })
    }

    /// Whether the glob takes a normalised path.
    func matches(_ path: Span<UInt8>) -> Bool {
        guard path.count > 0, path[0] == ASCII.slash else { return false }
        var segment = 0
        // Where the next segment of the path begins; one past the end when there is none left.
        var at = 1
        var retry: (segment: Int, at: Int)?
        while true {
            if segment == segments.count {
                if at > path.count || isOpen { return true }
            } else if case .any = segments[segment] {
                segment += 1
                retry = (segment, at)
                continue
            } else if at <= path.count {
                let end = ASCII.index(of: ASCII.slash, in: path, from: at)
                if takes(segment, path.extracting(at..<end)) {
                    segment += 1
                    at = end + 1
                    continue
                }
            }
            // The last `**` takes one segment more; an earlier one could do no better.
            guard let last = retry, last.at <= path.count else { return false }
            segment = last.segment
            at = ASCII.index(of: ASCII.slash, in: path, from: last.at) + 1
            retry = (segment, at)
        }
    }

    private func takes(_ index: Int, _ bytes: Span<UInt8>) -> Bool {
        switch segments[index] {
        case .literal(let text): ASCII.equals(text.span, bytes)
        case .wild(let pieces): Self.takes(pieces, bytes)
        case .any: true
        }
    }

    /// The first piece at the start, the last at the end, each between as early as it is found.
    private static func takes(_ pieces: [[UInt8]], _ bytes: Span<UInt8>) -> Bool {
        let first = pieces[0]
        let last = pieces[pieces.count - 1]
        guard bytes.count >= first.count + last.count else { return false }
        guard Bytes.hasPrefix(bytes, first.span), Bytes.hasSuffix(bytes, last.span) else { return false }
        let middle = bytes.extracting(0..<(bytes.count - last.count))
        var at = first.count
        for index in 1..<(pieces.count - 1) {
            let piece = pieces[index]
            guard let found = Bytes.find(piece.span, in: middle, from: at) else { return false }
            at = found + piece.count
        }
        return true
    }
}

/// Searches in bytes.
enum Bytes {
    /// The first index from `start` where `needle` stands, or nil.
    static func find(_ needle: Span<UInt8>, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
        guard needle.count > 0 else { return start }
        var at = ASCII.index(of: needle[0], in: bytes, from: start)
        while at + needle.count <= bytes.count {
            if ASCII.equals(needle, bytes.extracting(at..<(at + needle.count))) { return at }
            at = ASCII.index(of: needle[0], in: bytes, from: at + 1)
        }
        return nil
    }

    static func hasPrefix(_ bytes: Span<UInt8>, _ prefix: Span<UInt8>) -> Bool {
        bytes.count >= prefix.count && ASCII.equals(bytes.extracting(0..<prefix.count), prefix)
    }

    static func hasSuffix(_ bytes: Span<UInt8>, _ suffix: Span<UInt8>) -> Bool {
        bytes.count >= suffix.count
            && ASCII.equals(bytes.extracting((bytes.count - suffix.count)..<bytes.count), suffix)
    }
}
