public import GateProxy

extension Configuration {
    /// What a site or a route changes of requests and responses besides their bodies.
    public struct Rewriting: Sendable, Equatable {
        /// What becomes of the target. Nil: inherited; at last the client's goes on as it came.
        public var target: RewritePlan?
        /// What servers get as Host. Nil: inherited; at last as the upstream has it.
        public var host: HostField?
        /// Changes to requests' fields, the outermost place's first.
        public var requestFields: [FieldEdits]
        /// Changes to responses' fields, the outermost place's first.
        public var responseFields: [FieldEdits]
        /// Fields of servers that clients do not get. Nil: inherited; at last none.
        public var hidden: [FieldPattern]?
        /// Whether URLs and cookies of servers are mapped to the public side. Nil: inherited; at last true.
        public var mapsBack: Bool?
        /// Pages for errors. Those of an inner place come before those of an outer one.
        public var errorPages: [ErrorPageEntry]
        /// Statuses of servers whose answers are replaced. Nil: inherited; at last none.
        public var replacedErrors: [StatusPattern]?

        /// Makes changes; every argument left out changes nothing.
        public init(
            target: RewritePlan? = nil, host: HostField? = nil, requestFields: [FieldEdits] = [],
            responseFields: [FieldEdits] = [], hidden: [FieldPattern]? = nil, mapsBack: Bool? = nil,
            errorPages: [ErrorPageEntry] = [], replacedErrors: [StatusPattern]? = nil
        ) {
            self.target = target
            self.host = host
            self.requestFields = requestFields
            self.responseFields = responseFields
            self.hidden = hidden
            self.mapsBack = mapsBack
            self.errorPages = errorPages
            self.replacedErrors = replacedErrors
        }

        /// These, and on top of them those of a place inside.
        public func applying(_ inner: Rewriting) -> Rewriting {
            Rewriting(
                target: inner.target ?? target, host: inner.host ?? host,
                requestFields: requestFields + inner.requestFields,
                responseFields: responseFields + inner.responseFields, hidden: inner.hidden ?? hidden,
                mapsBack: inner.mapsBack ?? mapsBack, errorPages: errorPages + inner.errorPages,
                replacedErrors: inner.replacedErrors ?? replacedErrors)
        }
    }

    /// A page for some statuses.
    public struct ErrorPageEntry: Sendable, Equatable {
        /// Which.
        public var statuses: StatusPattern
        /// The page.
        public var page: ErrorPage

        /// Makes an entry.
        public init(statuses: StatusPattern, page: ErrorPage) {
            self.statuses = statuses
            self.page = page
        }
    }

    /// What a client gets in the place of an error's usual body.
    public struct ErrorPage: Sendable, Equatable {
        /// What it is made of.
        public enum Content: Sendable, Equatable {
            /// The bytes of a file, as they are.
            case file([UInt8])
            /// Text with variables.
            case text(String)
            /// A redirect to a URL with variables.
            case redirect(String)
        }

        /// What it is made of.
        public var content: Content
        /// The Content-Type of a file or text.
        public var contentType: String
        /// The status. Nil: the error's; 302 for a redirect.
        public var status: Int?

        /// Makes a page.
        public init(content: Content, contentType: String = "text/plain; charset=utf-8", status: Int? = nil) {
            self.content = content
            self.contentType = contentType
            self.status = status
        }
    }
}
