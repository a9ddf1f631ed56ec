// The servers that an exchange has tried, whatever their number.

/// A set of servers by their worker's numbers for them. The first costs nothing; further ones are rare.
struct TriedServers {
    private var first: UInt32 = 0
    private var others: [UInt32] = []

    var isEmpty: Bool { first == 0 }

    mutating func insert(_ serial: UInt32) {
        if first == 0 { first = serial } else if !contains(serial) { others.append(serial) }
    }

    mutating func remove(_ serial: UInt32) {
        if first == serial { first = others.popLast() ?? 0 } else { others.removeAll { $0 == serial } }
    }

    @inline(__always)
    func contains(_ serial: UInt32) -> Bool {
        if first == 0 { return false }
        return first == serial || !others.isEmpty && others.contains(serial)
    }

    mutating func removeAll() {
        first = 0
        if !others.isEmpty { others.removeAll(keepingCapacity: true) }
    }
}
