import CGateLinux
import GateCore

/// What an exchange knows of the client's connection.
struct ConnectionFacts {
    var clientAddress = IPAddress(high: 0, low: 0)
    var peerAddress = IPAddress(high: 0, low: 0)
    var localAddress = IPAddress(high: 0, low: 0)
    var peerPort: UInt16 = 0
    var localPort: UInt16 = 0
    /// False on a Unix socket, which has no address.
    var isPeerKnown = true
    var isPeerTrusted = false
    var isSecure = false
    /// The listener sends everybody who came without TLS to https.
    var redirectsToHTTPS = false
    /// The request came as early data, and nobody knows yet whether it is a recording (RFC 8470).
    var isEarly = false
    /// Kept by the client's connection, which outlives its exchanges.
    var tls: Borrowed<TLSFacts>?

    init() {}

    /// What the kernel knows of an accepted connection.
    init(peer: IPAddress, port: UInt16, local: gate_address) {
        peerAddress = peer
        clientAddress = peer
        peerPort = port
        localAddress = IPAddress(high: local.high, low: local.low)
        localPort = local.port
        isPeerKnown = local.family != 1
    }
}
