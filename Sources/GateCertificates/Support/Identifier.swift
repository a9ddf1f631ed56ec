import GateCore

/// What a certificate is for: a domain name (RFC 8555 §9.7.7) or an address (RFC 8738).
enum Identifier: Sendable, Hashable {
    /// In lower case; a wildcard as `*.example.com`.
    case dns(String)
    case address(IPAddress)

    init(_ name: String) {
        self = IPAddress(name).map(Identifier.address) ?? .dns(name.lowercased())
    }

    var isWildcard: Bool {
        if case .dns(let name) = self { name.hasPrefix("*.") } else { false }
    }

    /// Bytes of an address as certificates have them (RFC 5280 §4.2.1.6): 4 or 16.
    static func bytes(of address: IPAddress) -> [UInt8] {
        let all = [address.high, address.low].flatMap { half in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt64($0)) }
        }
        return address.isIPv4 ? Array(all.suffix(4)) : all
    }

    /// The server name with which an authority asks for this identifier over TLS (RFC 8738 §6: an address by its name in the
    /// reverse tree).
    var serverName: String {
        switch self {
        case .dns(let name): return name
        case .address(let address):
            let bytes = Self.bytes(of: address).reversed()
            if address.isIPv4 { return bytes.map { "\($0)" }.joined(separator: ".") + ".in-addr.arpa" }
            let nibbles = bytes.flatMap { [$0 & 15, $0 >> 4] }
            return nibbles.map { String($0, radix: 16) }.joined(separator: ".") + ".ip6.arpa"
        }
    }
}

extension Identifier: CustomStringConvertible {
    var description: String {
        switch self {
        case .dns(let name): name
        case .address(let address): "\(address)"
        }
    }
}
