// What the methods of balancing see of servers. Indices are places in a list that each method was made for.

/// The servers that a choice is made from, as they are at this moment.
protocol Candidates {
    var count: Int { get }
    /// Whether this one may take the request: it is open, fit, not full and was not tried.
    func mayTake(_ index: Int) -> Bool
    /// Its weight at this moment, in 256ths: less than the configured one while it warms up.
    func weight(_ index: Int) -> Int
    /// Its weight as configured, in 256ths.
    func fullWeight(_ index: Int) -> Int
    /// Requests that are under way there.
    func active(_ index: Int) -> Int
    /// What one more request would cost there in time, for `least_time`.
    func cost(_ index: Int) -> Double
}

/// How weights are counted.
enum Weight {
    static let one = 256
}
