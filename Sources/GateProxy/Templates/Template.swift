// Text with variables in braces, read once, when the configuration is: `{client.address} {status}`. `{{` and `}}` are
// braces.

import GateCore
public import GatePattern

/// Text that is made anew for each exchange.
public struct Template: Sendable, Hashable {
    /// A part of the text.
    public enum Segment: Sendable, Hashable {
        /// Copied as it is.
        case text([UInt8])
        /// The exchange's value, made safe for the place where it stands.
        case variable(Variable, ValuePlace)
    }

    /// Why a text is no template.
    public enum Failure: Error, Equatable {
        /// A `{` without its `}`.
        case unclosedBrace
        /// A `}` without its `{`.
        case strayBrace
        /// No variable has this name.
        case unknownVariable(String)
        /// The variable has no value yet where the template is used.
        case unknownYet(String)
    }

    /// The parts in order.
    public let segments: [Segment]

    public init(_ segments: [Segment]) { self.segments = segments }

    /// Reads a text whose variables all stand in one kind of place and are known by `moment`.
    ///
    /// The groups of `pattern` are what `{regex.1}` and `{regex.name}` stand for.
    public init(
        _ text: String, as place: ValuePlace, knownBy moment: Variable.Moment = .end, groupsOf pattern: Pattern? = nil
    ) throws(Failure) {
        self.init(
            try Self.read(text, Scope(moment: moment, pattern: pattern)) { piece in
                switch piece {
                case .text(let text): .text(Array(text.utf8))
                case .variable(let variable): .variable(variable, place)
                }
            })
    }

    /// Reads text in which braces mean themselves unless a variable's name could stand between them, as in JSON, HTML or
    /// style sheets. `{{name}}` is `{name}` itself.
    public init(
        page text: String, as place: ValuePlace, knownBy moment: Variable.Moment = .response
    ) throws(Failure) {
        var segments: [Segment] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            Self.append(rest[..<open], to: &segments)
            rest = rest[open...]
            if let name = Self.pageName(rest.dropFirst(2)), rest.hasPrefix("{{\(name)}}") {
                Self.append("{\(name)}", to: &segments)
                rest = rest.dropFirst(name.count + 4)
            } else if let name = Self.pageName(rest.dropFirst()) {
                segments.append(.variable(try Scope(moment: moment).variable(String(name)), place))
                rest = rest.dropFirst(name.count + 2)
            } else {
                Self.append("{", to: &segments)
                rest = rest.dropFirst()
            }
        }
        Self.append(rest, to: &segments)
        self.init(segments)
    }

    /// Reads a URL or a part of one: variables in its authority, its path and its query are each made safe for there.
    public init(url text: String, knownBy moment: Variable.Moment = .request) throws(Failure) {
        var place = URLPlace(text)
        self.init(
            try Self.read(text, Scope(moment: moment)) { piece in
                switch piece {
                case .text(let text):
                    place.advance(over: text)
                    return .text(Array(text.utf8))
                case .variable(let variable):
                    place.advance(over: variable)
                    return .variable(variable, place.current)
                }
            })
    }

    /// Whether there are no variables in it.
    public var isConstant: Bool {
        segments.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// The text up to the first variable.
    public var constantPrefix: String {
        if case .text(let bytes) = segments.first { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    /// The variables in it.
    public var variables: [Variable] {
        segments.compactMap { if case .variable(let variable, _) = $0 { variable } else { nil } }
    }
}

/// Where a value is put, and so what must be made of it.
public enum ValuePlace: Sendable, Hashable {
    /// A line of text: all but visible ASCII as `\xHH`, and cut at `AccessLogger.valueBytesMax`.
    case logText
    /// A JSON string of a log line, cut likewise.
    case logJSON
    /// A field's value: control characters are left out (RFC 9110 §5.5).
    case field
    /// A path: what would end it or make another segment is percent-encoded (RFC 3986 §3.3).
    case path
    /// A query: what would end it or make another parameter is percent-encoded.
    case query
    /// A URL's scheme, host or port: only what these may hold.
    case authority
    /// Text of an HTML page.
    case html
    /// Inside a JSON string.
    case json
    /// Text of a page: control characters are left out.
    case plain
}

/// Where in a URL the reader of a template is.
private struct URLPlace {
    private(set) var current: ValuePlace
    private var slashes = 0
    private var hasHost = false

    /// What begins with a path has no authority.
    init(_ text: String) {
        current = ["/", "{request.path}", "{request.uri}"].contains(where: text.hasPrefix) ? .path : .authority
    }

    mutating func advance(over text: String) {
        for character in text {
            switch (current, character) {
            case (.authority, "/"):
                slashes += 1
                if slashes == 3 { current = .path }
            case (.authority, "?"), (.path, "?"), (.authority, "#"), (.path, "#"): current = .query
            case (.authority, _): hasHost = hasHost || slashes == 2
            default: break
            }
        }
    }

    /// A path that follows a host ends it: `https://example.com{request.path}`.
    mutating func advance(over variable: Variable) {
        guard current == .authority, slashes == 2 else { return }
        if hasHost && (variable == .requestPath || variable == .requestURI) { current = .path }
        hasHost = true
    }
}

/// What a template may name.
private struct Scope {
    var moment: Variable.Moment
    var pattern: Pattern?

    func variable(_ name: String) throws(Template.Failure) -> Variable {
        guard let variable = Variable(name: name) else { throw .unknownVariable(name) }
        guard variable.moment <= moment else { throw .unknownYet(name) }
        if case .rewriteCapture(let capture) = variable, !has(capture) { throw .unknownVariable(name) }
        return variable
    }

    private func has(_ capture: Capture) -> Bool {
        guard let pattern else { return false }
        return switch capture {
        case .number(let number): number <= pattern.groupCount
        case .name(let name): pattern.number(ofGroup: name) != nil
        }
    }
}

extension Template {
    private enum Piece {
        case text(String)
        case variable(Variable)
    }

    private static func read(
        _ text: String, _ scope: Scope, _ take: (Piece) -> Segment
    ) throws(Failure) -> [Segment] {
        var segments: [Segment] = []
        var literal = ""
        var rest = text[...]
        func endLiteral() {
            if !literal.isEmpty { segments.append(take(.text(literal))) }
            literal = ""
        }
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                rest.removeFirst()
                literal.append(character)
            case "{":
                endLiteral()
                segments.append(take(.variable(try variable(&rest, scope))))
            case "}": throw .strayBrace
            default: literal.append(character)
            }
        }
        endLiteral()
        return segments
    }

    private static func variable(_ rest: inout Substring, _ scope: Scope) throws(Failure) -> Variable {
        guard let end = rest.firstIndex(of: "}") else { throw .unclosedBrace }
        let name = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        return try scope.variable(name)
    }

    // MARK: Pages

    /// What stands before the next `}` when it could be a name.
    private static func pageName(_ rest: Substring) -> Substring? {
        guard let end = rest.firstIndex(of: "}"), rest.first?.isLetter == true else { return nil }
        let name = rest[..<end]
        return name.utf8.allSatisfy(ASCII.isToken) ? name : nil
    }

    private static func append(_ text: some StringProtocol, to segments: inout [Segment]) {
        guard !text.isEmpty else { return }
        guard case .text(let before) = segments.last else { return segments.append(.text(Array(text.utf8))) }
        segments[segments.count - 1] = .text(before + Array(text.utf8))
    }
}
