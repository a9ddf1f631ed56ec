internal import Glibc

/// Waits until `condition` holds; throws `TimedOut` when the bound passes first.
///
/// For what cannot be waited upon: counters, files, processes. It looks every two milliseconds, and once more behind the bound.
public func eventually(
    _ what: @autoclosure () -> String, within bound: Duration = Deadline.usual, _ condition: () throws -> Bool
) throws {
    let deadline = Deadline(within: bound)
    while true {
        let isLastLook = deadline.hasPassed
        if try condition() { return }
        if isLastLook { throw TimedOut(what(), bound) }
        poll(nil, 0, 2)
    }
}

/// As `eventually`, but answers what `value` answers first besides nil.
public func awaitValue<Value>(
    _ what: @autoclosure () -> String, within bound: Duration = Deadline.usual, _ value: () throws -> Value?
) throws -> Value {
    let deadline = Deadline(within: bound)
    while true {
        let isLastLook = deadline.hasPassed
        if let found = try value() { return found }
        if isLastLook { throw TimedOut(what(), bound) }
        poll(nil, 0, 2)
    }
}

/// As `awaitValue`, for tests that are tasks: the thread is free meanwhile.
public func eventualValue<Value: Sendable>(
    _ what: @autoclosure () -> String, within bound: Duration = Deadline.usual, _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = Deadline(within: bound)
    while true {
        let isLastLook = deadline.hasPassed
        if let found = try await value() { return found }
        if isLastLook { throw TimedOut(what(), bound) }
        try await Task.sleep(for: .milliseconds(2))
    }
}
