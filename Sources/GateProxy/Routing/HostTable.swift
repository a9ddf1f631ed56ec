// Hosts as a hash table of bytes: exact names first, then suffixes from the longest, then the rest.

import GateCore

/// Finds the sites of a host. Cost does not grow with their number.
struct HostTable: Sendable {
    private var exact: ByteTable
    private var suffixes: ByteTable
    private let fallback: Int32

    /// `sites[i]` lists the hosts of site `i`; an empty list takes any host. The first site with a pattern has it.
    init(_ sites: [[HostPattern]]) {
        var exact: [(String, Int32)] = []
        var suffixes: [(String, Int32)] = []
        var fallback: Int32 = -1
        for (index, hosts) in sites.enumerated() {
            if hosts.isEmpty && fallback < 0 { fallback = Int32(index) }
            for host in hosts {
                switch host {
                case .exact(let name): exact.append((name, Int32(index)))
                case .suffix(let suffix): suffixes.append((suffix, Int32(index)))
                }
            }
        }
        self.exact = ByteTable(exact)
        self.suffixes = ByteTable(suffixes)
        self.fallback = fallback
    }

    /// The site for a host in lower case without its port, or nil.
    func site(_ host: Span<UInt8>) -> Int? {
        if let found = exact.value(host) { return Int(found) }
        if !suffixes.isEmpty {
            var dot = ASCII.index(of: 0x2E, in: host, from: 0)
            while dot < host.count {
                if let found = suffixes.value(host.extracting((dot + 1)..<host.count)) { return Int(found) }
                dot = ASCII.index(of: 0x2E, in: host, from: dot + 1)
            }
        }
        return fallback < 0 ? nil : Int(fallback)
    }

    /// Whether a pattern takes a host.
    static func matches(_ pattern: HostPattern, _ host: Span<UInt8>) -> Bool {
        switch pattern {
        case .exact(let name): return equal(host, name)
        case .suffix(let suffix):
            let count = suffix.utf8.count
            guard host.count > count + 1, host[host.count - count - 1] == 0x2E else { return false }
            return equal(host.extracting((host.count - count)..<host.count), suffix)
        }
    }

    private static func equal(_ bytes: Span<UInt8>, _ text: String) -> Bool {
        guard bytes.count == text.utf8.count else { return false }
        var i = 0
        for byte in text.utf8 {
            if bytes[i] != byte { return false }
            i += 1
        }
        return true
    }
}
