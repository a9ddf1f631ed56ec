internal import GateConfig

extension Configuration.ListenerHTTP2 {
    static let definition = StructDefinition<Self>(
        "listener_http2", title: "http2 of a listener",
        doc:
            "How HTTP/2 is spoken with clients: bounds of each connection. What goes beyond the bounds ends the request or the "
            + "connection with the code that RFC 9113 has for it, and is counted by its reason.",
        example: """
            listeners:
              - address: ":443"
                tls: auto
                http2: { streams: 250, resets: 50 }
            """,
        make: { Self() }, origin: { $0.origin = $1 },
        keys: {
            Key(
                "streams", .integer(1...2000), \.streamsMax,
                "Requests under way at once on a connection. Beyond: refused with REFUSED_STREAM.")
            Key(
                "stream_window", .size(16_384...16_777_216), \.streamWindowBytes,
                "Bytes of a request's body that may wait for its server. `streams` times as many are the most that one "
                    + "connection's bodies hold in memory, before windows grow.")
            Key(
                "stream_window_max", .size(16_384...16_777_216), \.streamWindowBytesMax,
                "What the window of a stream may grow to, where the connection's bandwidth and delay ask for it. All "
                    + "streams together grow by 4 MiB at most.")
            Key(
                "connection_window", .size(65_536...67_108_864), \.connectionWindowBytes,
                "Bytes of all request bodies together that may be on their way.")
            Key(
                "resets", .integer(1...1_000_000), \.resetsMax,
                "Streams that a client resets, or makes Gatehouse reset, within `resets_within`. Beyond: the connection ends "
                    + "with ENHANCE_YOUR_CALM.")
            Key(
                "resets_within", .duration(1000...3_600_000), \.resetsWithinMs,
                "The time in which `resets` are counted. Other frames without a use are counted within 30 s, whatever it is."
            )
            Key(
                "header_table", .size(4096...32_768), \.headerTableBytes,
                "Bytes of the table with which a client shortens its fields (HPACK).")
            Key(
                "websocket", .boolean, \.offersWebSocket,
                "Offer WebSocket over HTTP/2 (RFC 8441). Routes decide which upgrades pass, as with HTTP/1.")
        },
        finish: check)

    @Sendable
    private static func check(_ http2: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        guard http2.streamWindowBytesMax < http2.streamWindowBytes else { return }
        guard let place = node["stream_window_max"] else {
            // The default follows.
            http2.streamWindowBytesMax = http2.streamWindowBytes
            return
        }
        decoding.error(
            at: place.location,
            "`stream_window_max` is less than `stream_window`, from which it grows; write at least as much")
    }
}
