// Matching within bounds. A pattern such as `(a+)+$` can take time that doubles with each byte of the subject, and the
// subject is the client's choice, so each match has a budget of steps, of depth and of memory.

internal import CPCRE2

/// Matches subjects and keeps where the groups of the last match stand. One for each worker; not thread safe.
public final class PatternMatcher {
    /// Steps of one match, at most. What honest patterns take grows with the subject, one or two for each byte.
    public static let stepsMax = 20_000
    /// Bytes of a subject. A longer one is not matched: the answer is that it would take too long.
    public static let subjectBytesMax = 8 << 10
    /// Steps times bytes of subject, as a step may look at all of them: about a millisecond.
    private static let lookedAtMax = 6_000_000
    /// Nested repetitions, where PCRE2 interprets.
    public static let depthMax = 2_000
    /// Memory of one match, where PCRE2 interprets.
    public static let heapKiBMax = 1024
    /// Stack of machine code, at the start and at most.
    private static let stackBytes = (min: 32 << 10, max: 256 << 10)

    /// What came of a match.
    public enum Outcome: Sendable, Equatable {
        /// The groups are there until the next match.
        case matched
        case noMatch
        /// It took too long to tell. Whoever asks must not take this for a no.
        case limitReached
    }

    private let data: OpaquePointer
    private let context: OpaquePointer
    private let stack: OpaquePointer?
    private var matchedGroups = 0

    /// Makes a matcher.
    public init() {
        guard let data = pcre2_match_data_create_8(UInt32(Pattern.groupsMax + 1), nil),
            let context = pcre2_match_context_create_8(nil)
        else { fatalError("out of memory") }
        self.data = data
        self.context = context
        stack = pcre2_jit_stack_create_8(Self.stackBytes.min, Self.stackBytes.max, nil)
        pcre2_set_depth_limit_8(context, UInt32(Self.depthMax))
        pcre2_set_heap_limit_8(context, UInt32(Self.heapKiBMax))
        if let stack { pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack)) }
    }

    deinit {
        pcre2_match_data_free_8(data)
        pcre2_match_context_free_8(context)
        if let stack { pcre2_jit_stack_free_8(stack) }
    }

    /// Looks for the pattern in a subject. Does not allocate once it has warmed up.
    public func match(_ pattern: Pattern, _ subject: Span<UInt8>) -> Outcome {
        matchedGroups = 0
        guard subject.count <= Self.subjectBytesMax else { return .limitReached }
        pcre2_set_match_limit_8(context, Self.steps(for: subject.count))
        let result = subject.withUnsafeBufferPointer { bytes -> Int32 in
            // Safe: PCRE2 reads `count` bytes and keeps no pointer that is looked at later.
            unsafe pcre2_match_8(pattern.code, bytes.baseAddress, bytes.count, 0, PCRE2_ANCHORED, data, context)
        }
        matchedGroups = max(0, Int(result))
        if result > 0 { return .matched }
        return result == PCRE2_ERROR_NOMATCH ? .noMatch : .limitReached
    }

    /// A search through all of a subject takes a step for each byte, so long ones must have as many, though the worst pattern
    /// can spend some ten milliseconds on them then; short subjects may have more.
    private static func steps(for count: Int) -> UInt32 {
        UInt32(min(stepsMax, max(count + 1000, lookedAtMax / (count + 1))))
    }

    /// Where the group stands in the last subject that matched; 0 is the whole match. Nil for a group that took no part.
    public func group(_ number: Int) -> Range<Int>? {
        guard number >= 0 && number < matchedGroups, let ends = pcre2_get_ovector_pointer_8(data) else { return nil }
        // Safe: the vector holds two numbers for each of the groups that the match reported.
        let (start, end) = unsafe (ends[2 * number], ends[2 * number + 1])
        return start == Int.max || start < 0 || start > end ? nil : start..<end
    }

    /// Groups of the last match, the whole match among them; those behind took no part.
    public var groupCount: Int { matchedGroups }
}
