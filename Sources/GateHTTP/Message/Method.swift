import GateCore

/// A request method (RFC 9110 §9). Methods are case-sensitive.
public enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, connect, options, trace, patch
    /// A token that is none of these; its bytes are in the head.
    case other

    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .connect: "CONNECT"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        case .other: ""
        }
    }

    /// Whether repeating a request has the effect of one (RFC 9110 §9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .connect, .patch, .other: false
        }
    }

    /// Whether the client asks for nothing to change (RFC 9110 §9.2.1).
    public var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .delete, .connect, .patch, .other: false
        }
    }

    public init(_ bytes: Span<UInt8>) {
        switch bytes.count {
        case 3: self = ASCII.spells(bytes, "GET") ? .get : ASCII.spells(bytes, "PUT") ? .put : .other
        case 4: self = ASCII.spells(bytes, "POST") ? .post : ASCII.spells(bytes, "HEAD") ? .head : .other
        case 5: self = ASCII.spells(bytes, "PATCH") ? .patch : ASCII.spells(bytes, "TRACE") ? .trace : .other
        case 6: self = ASCII.spells(bytes, "DELETE") ? .delete : .other
        case 7: self = ASCII.spells(bytes, "OPTIONS") ? .options : ASCII.spells(bytes, "CONNECT") ? .connect : .other
        default: self = .other
        }
    }
}
