// A value with an address of its own, for hot state of classes.
//
// A stored property of a class is guarded by a dynamic exclusivity check at each access that the compiler cannot see
// through, and calls into other modules are such. A worker is one thread and calls never nest into the same state, so
// the check (some 70 instructions each) buys nothing there. Debug builds of the suite keep it for everything else.

/// Owns one value outside of its class. The class frees it in `deinit`.
///
/// Use it behind a computed property with `unsafeAddress` and `unsafeMutableAddress`, so that callers see a plain value.
/// Sound as long as the owner lives and is used by one thread, and no access is under way while another changes the value.
@frozen
public struct Pinned<Value: ~Copyable> {
    public let address: UnsafeMutablePointer<Value>

    @inlinable
    public init(_ value: consuming Value) {
        address = .allocate(capacity: 1)
        address.initialize(to: value)
    }

    /// The address for reading.
    @inlinable public var reading: UnsafePointer<Value> { UnsafePointer(address) }

    /// Destroys the value. Nobody may look at it afterwards.
    @inlinable
    public func free() {
        address.deinitialize(count: 1)
        address.deallocate()
    }
}
