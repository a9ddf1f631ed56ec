// The PROXY protocol: what a balancer in front says of the connection before its first byte. This file tells the two
// versions apart; each is read and written in a file of its own.

public import GateCore

/// What a PROXY header says (HAProxy's specification "The PROXY protocol", versions 1 and 2).
///
/// It is believed only from peers that the listener names.
public struct ProxyHeader: Equatable, Sendable {
    /// One end of the connection that the balancer relays.
    public struct Endpoint: Equatable, Sendable {
        public var address: IPAddress
        public var port: UInt16

        public init(_ address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// Who connected; nil when the header does not tell (UNKNOWN, UNSPEC, Unix sockets, LOCAL).
    public var source: Endpoint?
    /// Where they connected to; nil when the header does not tell.
    public var destination: Endpoint?
    /// The balancer speaks for itself, as in a health check: version 2's LOCAL.
    public var isLocal: Bool

    public init(source: Endpoint? = nil, destination: Endpoint? = nil, isLocal: Bool = false) {
        self.source = source
        self.destination = destination
        self.isLocal = isLocal
    }

    /// What the bytes so far are.
    public enum Result: Equatable, Sendable {
        case needMore
        /// No PROXY header, or a broken one: `HTTPViolation.badProxyHeader`, close without an answer.
        case invalid
        /// The connection's own bytes begin at `consumed`.
        case complete(ProxyHeader, consumed: Int)
    }

    /// Bytes of a version 2 header that are accepted unless the caller says otherwise.
    public static let bytesMaxDefault = 4096

    /// Reads a header of either version from the first bytes of a connection.
    ///
    /// Answers `.invalid` at the first byte that neither version could have there. `bytesMax` bounds version 2;
    /// version 1 has its own bound of 107 bytes.
    public static func parse(_ bytes: Span<UInt8>, bytesMax: Int = bytesMaxDefault) -> Result {
        guard bytes.count > 0 else { return .needMore }
        return bytes[0] == ProxyHeaderV1.firstByte
            ? ProxyHeaderV1.parse(bytes) : ProxyHeaderV2.parse(bytes, bytesMax: bytesMax)
    }

    /// Whether `bytes` begin as `prefix` does, as far as both go.
    static func agrees(_ bytes: Span<UInt8>, _ prefix: StaticString) -> Bool {
        for i in 0..<min(bytes.count, prefix.utf8CodeUnitCount) {
            // Safe: i < utf8CodeUnitCount.
            guard unsafe bytes[i] == prefix.utf8Start[i] else { return false }
        }
        return true
    }
}
