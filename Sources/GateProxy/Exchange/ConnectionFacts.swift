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
}
