// Host names to addresses, with the system's resolver. It blocks: never on a worker.

import CGateLinux
public import GateCore
import Glibc

/// Asks the system for addresses.
public enum NameResolver {
    /// The IPv4 addresses of a name, or its IPv6 addresses when it has no others; sorted, so that the same answer in
    /// another order changes nothing. Empty when the name does not resolve.
    @Sendable public static func resolve(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: Set<IPAddress> = []
        var entry = list
        while let current = entry {
            if let address = address(current.pointee) { found.insert(address) }
            entry = current.pointee.ai_next
        }
        let v4 = found.filter(\.isIPv4)
        return (v4.isEmpty ? found : v4).sorted { $0.bits < $1.bits }
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let raw = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            return raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                IPAddress(v4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            return raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                withUnsafeBytes(of: v6.pointee.sin6_addr) { bytes in
                    IPAddress(
                        high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
                }
            }
        default: return nil
        }
    }
}
