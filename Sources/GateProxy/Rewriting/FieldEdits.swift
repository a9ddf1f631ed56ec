// Changes to a head's fields. Inside one set of edits the order is fixed: remove, rename, set, add, default.

import GateCore
import GateHTTP

/// A field with a value that is made for each exchange.
public struct FieldLine: Sendable, Hashable {
    public var name: [UInt8]
    public var value: Template

    /// The name must be a token (RFC 9110 §5.1).
    public init(name: String, value: Template) {
        self.name = Array(name.utf8)
        self.value = value
        precondition(!self.name.isEmpty && self.name.allSatisfy(ASCII.isToken))
    }
}

/// Which fields.
public enum FieldPattern: Sendable, Hashable {
    /// In lower case.
    case name([UInt8])
    /// Every name that begins so, in lower case; never one that frames the message.
    case prefix([UInt8])
}

/// One place's changes.
public struct FieldEdits: Sendable, Hashable {
    /// A field that gets another name.
    public struct Renaming: Sendable, Hashable {
        public var from: [UInt8]
        public var to: [UInt8]

        public init(from: String, to: String) {
            self.from = Array(from.utf8)
            self.to = Array(to.utf8)
        }
    }

    public var remove: [FieldPattern] = []
    public var rename: [Renaming] = []
    /// Takes the place of all fields of its name.
    public var set: [FieldLine] = []
    /// Stands beside the fields of its name.
    public var add: [FieldLine] = []
    /// Only where no field has its name.
    public var defaults: [FieldLine] = []

    public init() {}

    public var isEmpty: Bool {
        remove.isEmpty && rename.isEmpty && set.isEmpty && add.isEmpty && defaults.isEmpty
    }
}

/// Which of an exchange's heads.
enum HeadSide { case request, response }

extension Exchange {
    /// Makes the changes of the outermost place first, and fills in what is missing at the end, the innermost first.
    func edit(_ side: HeadSide, _ places: [FieldEdits]) {
        for edits in places {
            for pattern in edits.remove { remove(pattern, side) }
            for renaming in edits.rename { rename(renaming, side) }
            for line in edits.set { write(line, side, replaces: true) }
            for line in edits.add { write(line, side, replaces: false) }
        }
        for edits in places.reversed() {
            for line in edits.defaults where !has(line.name, side) { write(line, side, replaces: false) }
        }
    }

    private func has(_ name: [UInt8], _ side: HeadSide) -> Bool { first(name, side) != nil }

    private func first(_ name: [UInt8], _ side: HeadSide, from start: Int = 0) -> Int? {
        switch side {
        case .request: request.first(named: name.span, from: start)
        case .response: response.first(named: name.span, from: start)
        }
    }

    func remove(_ pattern: FieldPattern, _ side: HeadSide) {
        switch (pattern, side) {
        case (.name(let name), .request): request.remove(named: name.span)
        case (.name(let name), .response): response.remove(named: name.span)
        case (.prefix(let prefix), .request): request.remove(prefix: prefix.span)
        case (.prefix(let prefix), .response): response.remove(prefix: prefix.span)
        }
    }

    private func rename(_ renaming: FieldEdits.Renaming, _ side: HeadSide) {
        var from = 0
        while let index = first(renaming.from, side, from: from) {
            from = index + 1
            var value = worker.pool.take()
            value.append(side == .request ? requestValue(index) : responseValue(index))
            switch side {
            case .request: request.rename(at: index, to: renaming.to.span, value: value.span)
            case .response: response.rename(at: index, to: renaming.to.span, value: value.span)
            }
            worker.pool.give(value)
        }
    }

    /// A value that comes to nothing leaves the field out.
    func write(_ line: FieldLine, _ side: HeadSide, replaces: Bool) {
        var buffer = worker.pool.take()
        append(line.value, to: &buffer)
        if replaces { remove(.name(line.name), side) }
        add(line.name, buffer.span.extracting(ASCII.trimmed(buffer.span, 0..<buffer.count)), side)
        worker.pool.give(buffer)
    }

    private func add(_ name: [UInt8], _ value: Span<UInt8>, _ side: HeadSide) {
        guard value.count > 0 else { return }
        switch side {
        case .request: request.add(named: name.span, value)
        case .response: response.add(named: name.span, value)
        }
    }
}

extension MessageHead {
    /// Removes fields by the start of their names, in any case, but for those that frame the message or name its host.
    fileprivate mutating func remove(prefix: Span<UInt8>) {
        for index in 0..<fieldCount where !field(index).isRemoved && !isProtected(index) {
            if isNamed(index, prefix) { removeField(at: index) }
        }
    }

    private func isNamed(_ index: Int, _ prefix: Span<UInt8>) -> Bool {
        guard name(index).count >= prefix.count else { return false }
        return ASCII.equalsIgnoringCase(name(index).extracting(0..<prefix.count), prefix)
    }

    private func isProtected(_ index: Int) -> Bool {
        switch KnownField(rawValue: field(index).known) {
        case .host, .contentLength, .transferEncoding, .connection, .upgrade, .te, .trailer, .date, .expect: true
        default: false
        }
    }

    fileprivate mutating func rename(at index: Int, to name: Span<UInt8>, value: Span<UInt8>) {
        removeField(at: index)
        add(named: name, value)
    }
}

/// Edits the requests of a route.
final class RequestFieldsFilter: Filter {
    struct Factory: FilterFactory {
        let places: [FieldEdits]
        func makeFilter() -> any Filter { RequestFieldsFilter(places) }
    }

    private let places: [FieldEdits]

    init(_ places: [FieldEdits]) { self.places = places }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        exchange.edit(.request, places)
        return .next
    }
}

/// Removes what a server says of itself, then edits its response. Answers of our own are edited where they are made.
final class ResponseFieldsFilter: Filter {
    struct Factory: FilterFactory {
        let hidden: [FieldPattern]
        let places: [FieldEdits]
        func makeFilter() -> any Filter { ResponseFieldsFilter(hidden, places) }
    }

    private let hidden: [FieldPattern]
    private let places: [FieldEdits]

    init(_ hidden: [FieldPattern], _ places: [FieldEdits]) {
        self.hidden = hidden
        self.places = places
    }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .responseHead }

    func responseHead(_ exchange: Exchange) -> FilterVerdict {
        for pattern in hidden { exchange.remove(pattern, .response) }
        exchange.edit(.response, places)
        return .next
    }
}
