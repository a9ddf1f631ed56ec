// The only thing that workers share: how many connections there are, asked for once a connection, and for the count
// by address only where a listener limits it.

import GateCore
import Synchronization

/// Counts client connections of the whole process.
public final class ConnectionLimiter: Sendable {
    private let total = Atomic<Int>(0)
    private let byAddress = Mutex<[IPAddress: Int]>([:])

    public init() {}

    /// Counts a connection in, or refuses it.
    func admit(_ address: IPAddress, totalMax: Int, perAddressMax: Int) -> Bool {
        let count = total.add(1, ordering: .relaxed).newValue
        guard count <= totalMax else {
            total.subtract(1, ordering: .relaxed)
            return false
        }
        guard perAddressMax < Int.max else { return true }
        let isAdmitted = byAddress.withLock { counts in
            let now = counts[address, default: 0]
            guard now < perAddressMax else { return false }
            counts[address] = now + 1
            return true
        }
        if !isAdmitted { total.subtract(1, ordering: .relaxed) }
        return isAdmitted
    }

    /// Counts a connection out. `perAddress`: it was counted by address.
    func leave(_ address: IPAddress, perAddress: Bool) {
        total.subtract(1, ordering: .relaxed)
        guard perAddress else { return }
        byAddress.withLock { counts in
            guard let now = counts[address] else { return }
            counts[address] = now > 1 ? now - 1 : nil
        }
    }
}
