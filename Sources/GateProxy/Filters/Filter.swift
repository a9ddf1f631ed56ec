// The contract between an exchange and what looks at it on its way. The built-in features use it, too.

import GateCore
import GateHTTP

/// When a filter has its turn, whatever the order in the configuration (DESIGN §3.10).
public enum FilterPhase: UInt8, Sendable, Comparable {
    case clientAddress, access, limits, firewall, authentication, rewrite, cache, compression, handler

    public static func < (a: FilterPhase, b: FilterPhase) -> Bool { a.rawValue < b.rawValue }
}

/// The moments that a filter wants to hear of; the others cost it nothing.
public struct FilterInterests: OptionSet, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var requestHead: FilterInterests { FilterInterests(rawValue: 1) }
    /// The request's body and trailers.
    @inlinable public static var requestBody: FilterInterests { FilterInterests(rawValue: 2) }
    @inlinable public static var responseHead: FilterInterests { FilterInterests(rawValue: 4) }
    /// The response's body and trailers.
    @inlinable public static var responseBody: FilterInterests { FilterInterests(rawValue: 8) }
    @inlinable public static var end: FilterInterests { FilterInterests(rawValue: 16) }
}

/// What a filter makes of a head.
public enum FilterVerdict {
    /// Go on, with whatever the filter changed.
    case next
    /// The exchange ends with this answer; no server sees the request, or its response is replaced.
    case answer(FixedAnswer)
    /// Nothing goes on until `Exchange.resume` or a `Resumption` is called.
    case wait
}

/// Whether more may be sent.
public enum Flow: Sendable {
    /// Send on.
    case open
    /// What was sent is kept; send no more until told that there is room.
    case full
}

/// Watches and changes exchanges. One instance serves all exchanges of one worker: what belongs to one exchange is
/// kept with `Exchange.setState`. Calls come from the worker's thread only, and must not block it.
public protocol Filter: AnyObject {
    /// The filter's turn.
    var phase: FilterPhase { get }
    /// The calls it gets.
    var interests: FilterInterests { get }

    /// The request's head is there and routed; nothing has gone to a server.
    func requestHead(_ exchange: Exchange) -> FilterVerdict
    /// A piece of the request's body, borrowed for the call. Hand on what shall go on: `next.send(bytes)`.
    func requestBody(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow
    /// The request's body is over; what is still held back must be sent now.
    func requestEnd(_ exchange: Exchange, _ next: BodyOutput)
    /// The response's final head is there and goes to the client next.
    func responseHead(_ exchange: Exchange) -> FilterVerdict
    /// A piece of the response's body, borrowed for the call.
    func responseBody(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow
    /// The response's body is over; what is still held back must be sent now.
    func responseEnd(_ exchange: Exchange, _ next: BodyOutput)
    /// The exchange is over, whatever its reason.
    func end(_ exchange: Exchange, reason: EndReason)
}

extension Filter {
    public func requestHead(_ exchange: Exchange) -> FilterVerdict { .next }
    public func requestBody(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow { next.send(bytes) }
    public func requestEnd(_ exchange: Exchange, _ next: BodyOutput) {}
    public func responseHead(_ exchange: Exchange) -> FilterVerdict { .next }
    public func responseBody(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow {
        next.send(bytes)
    }
    public func responseEnd(_ exchange: Exchange, _ next: BodyOutput) {}
    public func end(_ exchange: Exchange, reason: EndReason) {}
}

/// Makes a filter for each worker that takes a plan into service.
public protocol FilterFactory: Sendable {
    /// Called on the worker's thread.
    func makeFilter() -> any Filter
}

/// Where a filter sends the body that shall go on: to the filters behind it, and then to the other side.
public struct BodyOutput {
    enum Direction { case request, response }
    unowned(unsafe) let exchange: Exchange
    let direction: Direction
    let index: Int

    /// Sends bytes on. They are taken whole; `.full` asks for a pause.
    public func send(_ bytes: Span<UInt8>) -> Flow {
        guard bytes.count > 0 else { return .open }
        return switch direction {
        case .request: exchange.passRequestBody(bytes, from: index)
        case .response: exchange.passResponseBody(bytes, from: index)
        }
    }
}
