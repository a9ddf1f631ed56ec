// What checks of one server came to, and what follows. No socket, no clock.

import GateProxy

/// What one check came to.
enum CheckOutcome: Equatable, Sendable {
    case good
    /// Why not, for people.
    case bad(String)
    /// The fault was ours: it says nothing of the server.
    case unknown
}

/// Counts outcomes until they make a verdict.
struct CheckHistory {
    /// What is known of a server.
    enum State: Equatable { case unknown, up, down }

    private(set) var state = State.unknown
    private(set) var reason = ""
    private var inRow = 0
    private var rise: Int
    private var fall: Int

    init(rise: Int, fall: Int) {
        self.rise = rise
        self.fall = fall
    }

    /// Other numbers from now on; what is known stays.
    mutating func follow(rise: Int, fall: Int) {
        self.rise = rise
        self.fall = fall
        inRow = 0
    }

    /// Takes an outcome in.
    /// - Returns: whether the state has changed. The first good outcome of all is enough to be up.
    mutating func note(_ outcome: CheckOutcome) -> Bool {
        switch (outcome, state) {
        case (.unknown, _): return false
        case (.good, .up), (.bad, .down):
            inRow = 0
            return false
        case (.good, .unknown): return change(to: .up, "check passed")
        case (.good, .down):
            inRow += 1
            guard inRow >= rise else { return false }
            return change(to: .up, inRow == 1 ? "check passed" : "\(inRow) checks passed")
        case (.bad(let why), .unknown), (.bad(let why), .up):
            inRow += 1
            guard inRow >= fall else { return false }
            return change(to: .down, inRow == 1 ? why : "\(inRow) checks failed, the last one: \(why)")
        }
    }

    private mutating func change(to new: State, _ why: String) -> Bool {
        state = new
        reason = why
        inRow = 0
        return true
    }
}
