/// A stream's place in its connection: a small number, taken again after `HTTP2Connection.release`.
///
/// Owners keep their own state of a stream in a table by `slot`, which stays below `HTTP2Limits.slots`.
package struct HTTP2StreamIndex: Hashable, BitwiseCopyable, Sendable {
    package let slot: Int

    @inlinable package init(slot: Int) { self.slot = slot }
}
