// Whose fault it is that nothing goes out: for the owner's deadlines.

extension HTTP2Connection {
    /// Whether the peer lets nothing of this stream pass, whatever the connection's window.
    package func isShut(_ stream: HTTP2StreamIndex) -> Bool { streams[stream.slot].sendWindow <= 0 }

    /// Whether the peer lets no data pass at all.
    package var isShut: Bool { sendWindow <= 0 }
}
