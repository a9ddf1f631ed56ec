// Regular expressions over bytes, by PCRE2. Compiled when a configuration is read, shared by all workers afterwards.
// How a pattern is matched within bounds is PatternMatcher's business.

internal import CPCRE2

/// Why a text is no pattern.
public struct PatternError: Error, Equatable, Sendable {
    /// What is wrong, as a phrase.
    public var message: String
    /// Bytes of the text before the place where that was noticed.
    public var offset: Int

    /// Makes an error.
    public init(_ message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }
}

/// A compiled regular expression. Immutable; two are equal when their texts are.
///
/// Subjects are bytes, not characters: `.` is one byte, `\w` is ASCII. Letters' case counts unless the pattern says `(?i)`.
/// `$` is the end of the subject and nothing else.
public final class Pattern: Sendable {
    /// Groups that a pattern may have.
    public static let groupsMax = 50
    /// Bytes that a pattern may have.
    public static let bytesMax = 4096

    /// The pattern as it was written.
    public let text: String
    /// Groups, the whole match not counted.
    public let groupCount: Int
    /// The numbers of the groups that have names.
    public let groupNames: [String: Int]
    private let groups: [(name: [UInt8], number: Int)]

    // Sound: nothing changes compiled code after `init`, and PCRE2 lets any number of threads match with it at once
    // (pcre2api, "Multithreading").
    nonisolated(unsafe) let code: OpaquePointer

    /// Compiles a pattern, to machine code where the system allows it.
    public init(_ text: String) throws(PatternError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw PatternError("is longer than \(Self.bytesMax) bytes", offset: 0)
        }
        self.text = text
        let code = try Self.compile(text)
        var groups: UInt32 = 0
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &groups)
        groupCount = Int(groups)
        let names = Self.names(code)
        groupNames = names
        self.groups = names.map { (Array($0.key.utf8), $0.value) }
        guard groups <= Self.groupsMax else {
            pcre2_code_free_8(code)
            throw PatternError("has more than \(Self.groupsMax) groups; write `(?:…)` where none is needed", offset: 0)
        }
        do throws(PatternError) {
            self.code = try Self.anchored(code, text)
        } catch {
            pcre2_code_free_8(code)
            throw error
        }
        // Without it matching is slower and means the same.
        pcre2_jit_compile_8(self.code, UInt32(PCRE2_JIT_COMPLETE))
    }

    /// The number of the group with this name. Does not allocate.
    public func number(ofGroup name: [UInt8]) -> Int? {
        for group in groups where group.name == name { return group.number }
        return nil
    }

    deinit { pcre2_code_free_8(code) }

    /// The code when it can match at one place only; else that of a pattern which looks for the place itself.
    ///
    /// PCRE2 begins to count anew at each place where it tries a match, so its limit would not bound the whole.
    private static func anchored(_ code: OpaquePointer, _ text: String) throws(PatternError) -> OpaquePointer {
        var options: UInt32 = 0
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_ALLOPTIONS), &options)
        if options & PCRE2_ANCHORED != 0 { return code }
        let searching: OpaquePointer
        do throws(PatternError) {
            searching = try compile("(?s:.*?)\\K(?:" + text + ")")
        } catch {
            throw PatternError(
                "begins with a setting `(*…)`, or ends within a comment or a quotation `\\Q`; leave that out", offset: 0
            )
        }
        pcre2_code_free_8(code)
        return searching
    }

    private static func compile(_ text: String) throws(PatternError) -> OpaquePointer {
        let options =
            PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | UInt32(PCRE2_NEVER_BACKSLASH_C)
        var failure: Int32 = 0
        var offset = 0
        let bytes = Array(text.utf8)
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &failure, &offset, nil) else {
            throw PatternError(message(failure), offset: min(offset, bytes.count))
        }
        return code
    }

    private static func message(_ failure: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(failure, &bytes, bytes.count)
        return String(decoding: bytes.prefix(Int(max(count, 0))), as: UTF8.self)
    }

    /// PCRE2's table of names: entries of one size, two bytes of number each, then the name and a zero.
    private static func names(_ code: OpaquePointer) -> [String: Int] {
        var count: UInt32 = 0
        var size: UInt32 = 0
        var table: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
        guard let table else { return [:] }
        var names: [String: Int] = [:]
        for index in 0..<Int(count) {
            let entry = unsafe UnsafeBufferPointer(start: table + index * Int(size), count: Int(size))
            let name = String(decoding: entry.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
            names[name] = Int(entry[0]) << 8 | Int(entry[1])
        }
        return names
    }
}

extension Pattern: Hashable, CustomStringConvertible {
    /// Compares texts.
    public static func == (left: Pattern, right: Pattern) -> Bool { left === right || left.text == right.text }

    /// Adds the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// The text.
    public var description: String { text }
}
