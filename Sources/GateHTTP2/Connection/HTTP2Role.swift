/// Which end of a connection we are. RFC 9113 §2.2.
package enum HTTP2Role: Sendable {
    /// We open the connection and its streams.
    case client
    /// The peer opens the connection and its streams.
    case server
}
