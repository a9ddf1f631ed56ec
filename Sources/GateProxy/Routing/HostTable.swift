// Hosts as a hash table of bytes: exact names first, then suffixes from the longest, then patterns in their order, then
// the rest.

import GateCore
import GatePattern

/// Finds the site of a host. The cost does not grow with their number, patterns left aside.
struct HostTable: Sendable {
    /// What a host leads to.
    enum Found: Equatable {
        case site(Int)
        case none
        /// The pattern of this site took too long to tell.
        case undecided(Int)
    }

    private var exact: ByteTable
    private var suffixes: ByteTable
    private var patterns: [(pattern: Pattern, site: Int)] = []
    private let fallback: Int

    /// `sites[i]` lists the hosts of site `i`; an empty list takes any host. The first site with a pattern has it.
    init(_ sites: [[HostPattern]]) {
        var exact: [(String, Int32)] = []
        var suffixes: [(String, Int32)] = []
        for (index, hosts) in sites.enumerated() {
            for host in hosts {
                switch host {
                case .exact(let name): exact.append((name, Int32(index)))
                case .suffix(let suffix): suffixes.append((suffix, Int32(index)))
                case .pattern(let pattern): patterns.append((pattern, index))
                }
            }
        }
        self.exact = ByteTable(exact)
        self.suffixes = ByteTable(suffixes)
        fallback = sites.firstIndex { $0.isEmpty } ?? -1
    }

    /// The site for a host in lower case without its port.
    func site(_ host: Span<UInt8>, _ bench: Bench) -> Found {
        if let found = exact.value(host) { return .site(Int(found)) }
        if !suffixes.isEmpty, let found = suffix(host) { return .site(Int(found)) }
        for (pattern, site) in patterns {
            switch bench.match(pattern, host) {
            case .yes: return .site(site)
            case .no: break
            case .unknown: return .undecided(site)
            }
        }
        return fallback < 0 ? .none : .site(fallback)
    }

    private func suffix(_ host: Span<UInt8>) -> Int32? {
        var dot = ASCII.index(of: 0x2E, in: host, from: 0)
        while dot < host.count {
            if let found = suffixes.value(host.extracting((dot + 1)..<host.count)) { return found }
            dot = ASCII.index(of: 0x2E, in: host, from: dot + 1)
        }
        return nil
    }
}
