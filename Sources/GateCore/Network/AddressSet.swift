// Many blocks as one question. Built once, asked for every connection and request.

/// A set of addresses made of blocks.
public struct AddressSet: Hashable, Sendable {
    /// The blocks as they were given.
    public let blocks: [AddressBlock]
    @usableFromInline let v4: SortedRanges
    @usableFromInline let v6: SortedRanges

    /// Makes a set. O(n log n).
    public init(_ blocks: [AddressBlock] = []) {
        self.blocks = blocks
        v4 = SortedRanges(blocks.filter { $0.base.isIPv4 })
        v6 = SortedRanges(blocks.filter { !$0.base.isIPv4 })
    }

    /// True if there are no blocks; such a set contains nothing.
    @inlinable
    public var isEmpty: Bool { blocks.isEmpty }

    /// True if any block holds the address. O(log n), does not allocate.
    @inlinable
    public func contains(_ address: IPAddress) -> Bool {
        if blocks.isEmpty { return false }
        return address.isIPv4 ? v4.contains(address.bits) : v6.contains(address.bits)
    }
}

extension AddressSet: ExpressibleByArrayLiteral {
    /// Makes a set of the listed blocks.
    public init(arrayLiteral elements: AddressBlock...) { self.init(elements) }
}

/// Ranges of one family in rising order that neither overlap nor touch.
@usableFromInline
struct SortedRanges: Hashable, Sendable {
    @usableFromInline private(set) var first: [UInt128] = []
    @usableFromInline private(set) var last: [UInt128] = []

    init(_ blocks: [AddressBlock]) {
        for block in blocks.sorted(by: { $0.base.bits < $1.base.bits }) {
            append(block.base.bits, block.last.bits)
        }
    }

    private mutating func append(_ lower: UInt128, _ upper: UInt128) {
        guard let end = last.last, lower <= end || lower - end == 1 else {
            first.append(lower)
            last.append(upper)
            return
        }
        last[last.count - 1] = max(end, upper)
    }

    /// Finds the last range that starts at or before `value` and looks whether it reaches that far.
    @inlinable
    func contains(_ value: UInt128) -> Bool {
        var low = 0
        var high = first.count
        while low < high {
            let middle = (low + high) / 2
            if first[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low > 0 && value <= last[low - 1]
    }
}
