// How long a server takes, seen through a peak-sensitive moving average (Finagle's "peak EWMA"): a slow answer counts at
// once and in full, a quick one little by little, and what nobody confirms fades.

import Glibc

/// A moving average of the time to the first byte.
struct LatencyAverage {
    /// After this long without a sample a third of a value is left.
    private static let fadeNs = 10e9
    /// What a server counts that has requests and never answered one.
    private static let unknownNs = 1e9

    private var valueNs = 0.0
    private var sampledNs: UInt64 = 0

    mutating func add(_ sampleNs: UInt64, at nowNs: UInt64) {
        let sample = Double(sampleNs)
        let faded = exp(-Double(nowNs &- sampledNs) / Self.fadeNs)
        valueNs = sample > valueNs * faded ? sample : valueNs * faded + sample * (1 - faded)
        sampledNs = nowNs
    }

    /// What one more request costs beside `active` others. One that is not known yet and has none is tried first.
    func cost(active: Int, at nowNs: UInt64) -> Double {
        if sampledNs == 0 { return active == 0 ? 0 : Self.unknownNs * Double(active + 1) }
        let faded = valueNs * exp(-Double(nowNs &- sampledNs) / Self.fadeNs)
        return faded * Double(active + 1)
    }
}
