import GateCore
import Synchronization

/// Tells whose a host name is, as requests would be told. For handshakes and other rare questions; safe on any thread.
package final class SiteFinder: Sendable {
    private let table: HostTable
    private let bench = Mutex(Bench())

    /// - Parameter sites: the hosts of each site; none: any host.
    package init(_ sites: [[HostPattern]]) { table = HostTable(sites) }

    /// The index of the site that requests for the host go to, or would if its pattern were quicker; nil: there is none.
    /// - Parameter host: in lower case, without its port.
    package func site(of host: String) -> Int? {
        let host = Array(host.utf8)
        return bench.withLock { bench in
            switch table.site(host.span, bench) {
            case .site(let index), .undecided(let index): index
            case .none: nil
            }
        }
    }
}
