public import GateHTTP

/// What a parser has to say of the bytes so far.
public enum HeadParse: Equatable, Sendable {
    /// The head is whole; the value is the index after its last byte.
    case complete(Int)
    /// So far nothing is wrong, and it is not over.
    case needMore
    case invalid(HTTPViolation)
}
