// A CIDR block: which addresses, never what to do with them.

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one plain address.
///
/// A block speaks of one family: `::/0` holds every IPv6 address and no IPv4 address.
public struct AddressBlock: Hashable, Sendable {
    /// The first address of the block.
    public let base: IPAddress
    /// Bits that all addresses of the block share: 0...32 for IPv4, 0...128 for IPv6.
    public let prefixLength: Int

    /// Makes a block; bits of `base` beyond the prefix are cleared.
    ///
    /// - Precondition: `prefixLength` is 0...32 for IPv4 and 0...128 for IPv6.
    public init(_ base: IPAddress, prefixLength: Int) {
        precondition(prefixLength >= 0)
        precondition(prefixLength <= AddressBlock.prefixLengthMax(of: base))
        let mask = AddressBlock.mask(base, prefixLength)
        let bits = base.bits & mask
        self.base = IPAddress(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
        self.prefixLength = prefixLength
    }

    /// Makes the block that holds one address.
    public init(_ address: IPAddress) {
        self.init(address, prefixLength: AddressBlock.prefixLengthMax(of: address))
    }

    /// Reads `address` or `address/length`; nil for anything else. Bits beyond the prefix are cleared.
    public init?(_ text: some StringProtocol) {
        guard let slash = text.firstIndex(of: "/") else {
            guard let address = IPAddress(text) else { return nil }
            self.init(address)
            return
        }
        guard let address = IPAddress(text[..<slash]) else { return nil }
        let isMapped = address.isIPv4 && text[..<slash].contains(":")
        guard var length = parseLength(text[text.index(after: slash)...]) else { return nil }
        if isMapped { length -= 96 }  // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        guard (0...AddressBlock.prefixLengthMax(of: address)).contains(length) else { return nil }
        self.init(address, prefixLength: length)
    }

    /// True if the address lies in the block. O(1).
    @inlinable
    public func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == base.isIPv4 && address.bits & AddressBlock.mask(base, prefixLength) == base.bits
    }

    /// The last address of the block.
    public var last: IPAddress {
        let bits = base.bits | ~AddressBlock.mask(base, prefixLength)
        return IPAddress(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }

    @usableFromInline
    static func mask(_ base: IPAddress, _ prefixLength: Int) -> UInt128 {
        let free = prefixLengthMax(of: base) - prefixLength
        return free >= 128 ? 0 : UInt128.max << UInt128(free)
    }

    /// 32 for IPv4, 128 for IPv6.
    public static func prefixLengthMax(of address: IPAddress) -> Int { address.isIPv4 ? 32 : 128 }
}

extension AddressBlock: CustomStringConvertible {
    /// `10.0.0.0/8`, or the plain address when the block holds only one.
    public var description: String {
        prefixLength == AddressBlock.prefixLengthMax(of: base) ? "\(base)" : "\(base)/\(prefixLength)"
    }
}

/// One to three digits without a leading zero.
private func parseLength(_ text: some StringProtocol) -> Int? {
    guard (1...3).contains(text.utf8.count) else { return nil }
    guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
    guard text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0") else { return nil }
    return Int(text)
}
