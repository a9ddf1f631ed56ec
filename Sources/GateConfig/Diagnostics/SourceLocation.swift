/// A place in a configuration text.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    /// The file's path as the user gave it, or the name of a text that is no file.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column in characters (Unicode scalars), from 1.
    public var column: Int

    /// Makes a location.
    public init(file: String, line: Int = 1, column: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `FILE:LINE:COLUMN`.
    public var description: String { "\(file):\(line):\(column)" }
}

extension SourceLocation: Comparable {
    /// Orders by file, then line, then column.
    public static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// Where a decoded value was written; nothing for a value that a program made.
///
/// All origins are equal: a value that only moved to another line has not changed, and a reload must see that.
public struct Origin: Hashable, Sendable {
    /// The place, if the value comes from a text.
    public var location: SourceLocation?

    /// Makes an origin.
    public init(_ location: SourceLocation? = nil) { self.location = location }

    /// Always true.
    public static func == (left: Origin, right: Origin) -> Bool { true }

    /// Adds nothing, as all origins are equal.
    public func hash(into hasher: inout Hasher) {}
}

extension Origin: CustomStringConvertible {
    /// `FILE:LINE:COLUMN`, or `(program)` without a place.
    public var description: String { location.map { "\($0)" } ?? "(program)" }
}
