// A reference that is not counted, for hot paths: an atomic increment and its decrement cost more than most of the calls
// that they would guard.

/// Refers to an object that somebody else keeps alive. Whoever stores one says in a comment who that is.
@frozen
public struct Borrowed<Object: AnyObject> {
    @usableFromInline let reference: Unmanaged<Object>

    @inlinable public init(_ object: Object) { reference = .passUnretained(object) }

    /// The object as a counted reference, for code that is not hot.
    @inlinable public var object: Object { reference.takeUnretainedValue() }

    /// Whether both refer to one object.
    @inlinable @inline(__always)
    public func isSame(as other: Borrowed) -> Bool { reference.toOpaque() == other.reference.toOpaque() }

    /// Calls `body` with the object, without counting.
    @inlinable @inline(__always)
    public func with<Result>(_ body: (Object) -> Result) -> Result { reference._withUnsafeGuaranteedRef(body) }
}
