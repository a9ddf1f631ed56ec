// An answer that Gatehouse gives itself.

import GateHTTP

/// A whole response that is known beforehand or made by a filter.
public final class FixedAnswer: Sendable {
    /// A field of the answer. Names and values must be valid by RFC 9110 §5.
    public struct Field: Sendable, Equatable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// 200...599.
    public let status: Int
    /// Content-Length is added; Content-Type is the maker's business.
    public let fields: [Field]
    public let body: [UInt8]
    /// The body is made from the status and the request's Accept instead.
    public let isError: Bool
    /// What is made anew for each exchange, in the place of `body`.
    public let content: AnswerContent?

    public init(status: Int, fields: [Field] = [], body: [UInt8] = []) {
        precondition((200...599).contains(status))
        self.status = status
        self.fields = fields
        self.body = body
        isError = false
        content = nil
    }

    /// An error whose body says the status in HTML, JSON or text, whatever the client prefers.
    public init(error status: Int, fields: [Field] = []) {
        precondition((400...599).contains(status))
        self.status = status
        self.fields = fields
        body = []
        isError = true
        content = nil
    }

    /// An answer with variables.
    public init(status: Int, content: AnswerContent) {
        precondition((200...599).contains(status))
        self.status = status
        fields = []
        body = []
        isError = false
        self.content = content
    }

    /// A redirect to `location`.
    public static func redirect(to location: String, status: Int) -> FixedAnswer {
        FixedAnswer(status: status, fields: [Field("Location", location)])
    }
}
