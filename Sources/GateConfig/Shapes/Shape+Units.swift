// Durations and sizes: a number and a unit, always written out.

/// A unit and how many of the smallest unit it holds.
struct Unit {
    var name: String
    var factor: Int

    static let durations = [
        Unit(name: "ms", factor: 1), Unit(name: "s", factor: 1000), Unit(name: "m", factor: 60_000),
        Unit(name: "h", factor: 3_600_000), Unit(name: "d", factor: 86_400_000),
    ]
    static let sizes = [
        Unit(name: "", factor: 1), Unit(name: "KiB", factor: 1 << 10), Unit(name: "MiB", factor: 1 << 20),
        Unit(name: "GiB", factor: 1 << 30),
    ]

    /// The shortest exact form of a number.
    static func show(_ number: Int, in units: [Unit]) -> String {
        let unit = units.last { number != 0 && number % $0.factor == 0 } ?? units[0]
        return "\(number / unit.factor)\(unit.name)"
    }
}

extension Shape where Value == Int {
    /// A duration in milliseconds: `250ms`, `30s`, `5m`, `1h`, `1d`. With `off: true` the word `off` is `0`.
    public static func duration(_ range: ClosedRange<Int> = 1...durationMaxMs, off: Bool = false) -> Shape<Int> {
        let shape = scalar(.duration(range)) { text in
            let reading = readUnits(text, Unit.durations, missing: "lacks its unit; write `\(text)s` or `\(text)ms`")
            return withinRange(reading, to: range, Unit.durations, off: off)
        }.shown { Unit.show($0, in: Unit.durations) }
        return off ? shape.orWord("off", 0) : shape
    }

    /// A size in bytes: `16KiB`, `1MiB`, `1GiB`, or plain bytes. With `off: true` the word `off` is `Int.max`: no limit.
    public static func size(_ range: ClosedRange<Int>, off: Bool = false) -> Shape<Int> {
        let shape = scalar(.size(range)) { text in
            withinRange(readUnits(text, Unit.sizes, missing: ""), to: range, Unit.sizes, off: off)
        }.shown { Unit.show($0, in: Unit.sizes) }
        return off ? shape.orWord("off", Int.max) : shape
    }

    /// A count; the word `off` is `Int.max`: no limit.
    public static func limit(_ range: ClosedRange<Int> = 1...1_000_000_000) -> Shape<Int> {
        integer(range).orWord("off", Int.max)
    }

    /// The longest duration, 365 days, so that sums of durations never overflow.
    public static var durationMaxMs: Int { 365 * 86_400_000 }
}

private func withinRange(_ reading: Reading<Int>, to range: ClosedRange<Int>, _ units: [Unit], off: Bool) -> Reading<
    Int
> {
    guard case .value(let number) = reading, !range.contains(number) else { return reading }
    if number == 0, off { return .failure("is no limit; write `off` to switch it off") }
    let (lower, upper) = (Unit.show(range.lowerBound, in: units), Unit.show(range.upperBound, in: units))
    return .failure("is out of range; write `\(lower)` to `\(upper)`")
}

private func readUnits(_ text: String, _ units: [Unit], missing: String) -> Reading<Int> {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let name = text.dropFirst(digits.count)
    guard !digits.isEmpty, name.allSatisfy({ $0.isASCII && $0.isLetter }) else { return .mismatch }
    if name.isEmpty, !missing.isEmpty { return .failure(missing) }
    guard let unit = units.first(where: { $0.name == name }) else {
        let known = units.map(\.name).filter { !$0.isEmpty }
        return .failure("has an unknown unit; write one of \(known.wordList(last: "or"))")
    }
    let (number, isTooLarge) = (Int(digits) ?? .max).multipliedReportingOverflow(by: unit.factor)
    return .value(isTooLarge ? .max : number)
}
