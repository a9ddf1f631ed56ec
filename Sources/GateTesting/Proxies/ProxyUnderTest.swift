// A proxy in the test's own process, so that sanitizers see it, and a look afterwards at what it left behind.

public import GateCore
public import Gatehouse

/// A running proxy that a test made of configuration text.
public final class ProxyUnderTest: Sendable {
    public let proxy: Proxy

    /// Starts it; throws what the configuration or the start throws.
    public init(_ text: String, environment: [String: String] = [:]) throws {
        proxy = try Proxy(text: text, environment: environment)
        try proxy.start()
    }

    /// Where the listener of this name listens.
    public func address(of listener: String = "main") throws -> SocketAddress {
        guard let address = proxy.addresses[listener] else {
            throw LeftBehind(["no listener \(listener) among \(proxy.addresses)"])
        }
        return address
    }

    /// A connection to the listener of this name.
    public func connect(
        _ listener: String = "main", from local: IPAddress? = nil, receiveBufferBytes: Int? = nil
    ) throws -> RawConnection {
        try RawConnection.connect(to: address(of: listener), from: local, receiveBufferBytes: receiveBufferBytes)
    }

    /// Sends one request on a connection of its own and reads the response.
    public func exchange(_ request: String, to method: String? = nil, from local: IPAddress? = nil) throws
        -> RawResponse
    {
        let client = try connect(from: local)
        try client.send(request)
        return try client.readResponse(to: method ?? String(request.prefix { $0 != " " }))
    }

    /// Replaces its configuration.
    public func reload(_ text: String) throws { try proxy.reload(text: text) }

    /// Stops it; throws `LeftBehind` when a connection or a buffer is still counted afterwards.
    public func stop(graceful: Bool = false) throws {
        proxy.stop(graceful: graceful)
        let held = holdings.filter { $0.count != 0 }
        guard held.isEmpty else { throw LeftBehind(held.map { "\($0.count) \($0.name)" }) }
    }

    /// Waits until the proxy holds nothing for anybody: no client, no exchange, no buffer. Pooled connections may stay.
    public func waitUntilIdle(within bound: Duration = Deadline.usual) throws {
        try eventually("the proxy to hold nothing, had \(holdings)", within: bound) {
            holdings.allSatisfy { $0.count == 0 || $0.name == "upstream connections" }
        }
    }
}

/// What a proxy did not give back.
public struct LeftBehind: Error, CustomStringConvertible {
    public let description: String

    init(_ what: [String]) { description = "left behind: " + what.joined(separator: ", ") }
}
