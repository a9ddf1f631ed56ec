// What becomes of a request's target on its way to a server.

import GateHTTP
public import GatePattern

/// How a route rewrites targets. Paths are in the form that routing sees.
public struct RewritePlan: Sendable, Equatable {
    /// Taken off the front, where it ends with a segment. Without a slash at its end; empty is none.
    public var stripPrefix: [UInt8] = []
    /// Texts that take each other's place wherever they stand.
    public var replacement: Replacement?
    public var expression: Expression?
    /// Put in front. Without a slash at its end; empty is none.
    public var addPrefix: [UInt8] = []
    /// Takes the place of the whole path.
    public var path: Template?
    public var query = QueryEdits()

    public init() {}

    /// `to` in the place of each `from`.
    public struct Replacement: Sendable, Equatable {
        public var from: [UInt8]
        public var to: Template

        public init(from: [UInt8], to: Template) {
            precondition(!from.isEmpty)
            self.from = from
            self.to = to
        }
    }

    /// `to` in the place of what a pattern finds first.
    public struct Expression: Sendable, Equatable {
        public var pattern: Pattern
        public var to: Template

        public init(pattern: Pattern, to: Template) {
            self.pattern = pattern
            self.to = to
        }
    }

    /// Whether the public path of what a server names can be told: no more than prefixes are exchanged.
    var isMount: Bool {
        path == nil && replacement == nil && expression == nil
            && (!stripPrefix.isEmpty || !addPrefix.isEmpty)
    }
}

/// How a route edits queries: it removes, then sets, then adds.
public struct QueryEdits: Sendable, Equatable {
    /// A parameter's name, decoded.
    public enum Name: Sendable, Equatable {
        case exact([UInt8])
        /// Every name that begins so.
        case prefix([UInt8])
    }

    /// A parameter; its name is encoded.
    public struct Parameter: Sendable, Equatable {
        public var name: [UInt8]
        public var encodedName: [UInt8]
        public var value: Template

        public init(name: [UInt8], encodedName: [UInt8], value: Template) {
            self.name = name
            self.encodedName = encodedName
            self.value = value
        }
    }

    public var remove: [Name] = []
    public var set: [Parameter] = []
    public var add: [Parameter] = []

    public init() {}

    var isEmpty: Bool { remove.isEmpty && set.isEmpty && add.isEmpty }

    /// Whether a parameter with this raw name goes.
    func drops(_ raw: Span<UInt8>) -> Bool {
        for name in remove {
            switch name {
            case .exact(let name): if QueryParameters.decodes(raw, to: name.span) { return true }
            case .prefix(let prefix): if QueryParameters.decodes(raw, toPrefix: prefix.span) { return true }
            }
        }
        for parameter in set where QueryParameters.decodes(raw, to: parameter.name.span) { return true }
        return false
    }
}
