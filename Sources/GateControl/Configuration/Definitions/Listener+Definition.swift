internal import GateConfig
internal import GateCore

extension Configuration.Listener {
    static let definition = StructDefinition<Self>(
        "listener", title: "listener", doc: "Where clients connect.",
        example: """
            listeners:
              - address: ":8080"
              - name: behind-balancer
                address: "10.0.0.5:8081"
                proxy_protocol: { from: [10.0.0.0/24] }
              - address: unix:/run/gatehouse.sock
                mode: "0660"
            """,
        make: { Self(address: .ip(.any, port: 0)) }, origin: { $0.origin = $1 },
        keys: {
            Key(
                "name", Shape<String>.name.unique("listener name"), \.name, defaultText: "the address",
                "A name for logs.")
            Key(
                "address", .uniqueListenAddress, \.address, required: true,
                example: "\":8080\"",
                "The address to listen on: `host:port`, `:port` for every IPv6 and IPv4 address of the machine, "
                    + "`[::1]:port`, or `unix:/path`.")
            Key(
                "protocols", .list(.word(later: ["h3"]), countMin: 1), \.protocols,
                defaultText: "`[h2, h1]` with `tls`, `[h1]` without", example: "[h1, h2]",
                "Protocols spoken. `h1` is HTTP/1.0 and HTTP/1.1, `h2` is HTTP/2: with `tls` client and listener agree on "
                    + "one (ALPN, the first of the list that the client knows), without it a client that knows begins with "
                    + "HTTP/2.")
            Key(
                "http2", Configuration.ListenerHTTP2.definition.shape, \.http2, defaultText: "its defaults",
                "How HTTP/2 is spoken.")
            Key(
                "proxy_protocol", Configuration.ProxyProtocolIn.definition.shape, \.proxyProtocol, defaultText: "off",
                "Each connection opens with a PROXY protocol header, version 1 or 2, that tells the client's address.")
            Key(
                "underscore_fields", .word(), \.underscoreFields,
                "Request fields with `_` or `.` in their name, which some servers take for `-`: `drop` removes them, "
                    + "`allow` lets them pass.")
            Key(
                "backlog", .integer(1...65_535), \.backlog,
                "Connections that the kernel holds until they are accepted.")
            Key(
                "redirect_to_https", .boolean, \.redirectToHTTPS,
                "Answer every request with a redirect to the same URL with https.")
            Key(
                "tls", .listenerTLS, \.tls, defaultText: "off",
                "TLS on this listener. `auto` is the short form of a mapping without keys: the certificates are those of "
                    + "the sites.")
            Key(
                "tcp_keepalive", .duration(1000...86_400_000, off: true), \.tcpKeepaliveMs,
                "Silence on a TCP connection after which the kernel asks whether the other side is still there.")
            Key(
                "mode", .fileMode, \.unixMode, "The file mode of a Unix socket, in octal and in quotes.")
            Key(
                "timeouts", Configuration.TimeoutOverrides.listener.shape, \.timeouts, defaultText: "inherited",
                "Timeouts of this listener.")
            Key(
                "limits", Configuration.LimitOverrides.listener.shape, \.limits, defaultText: "inherited",
                "Limits of this listener.")
        },
        finish: check)

    @Sendable
    private static func check(_ listener: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        checkSocketKeys(listener, node, &decoding)
        if !listener.spokenProtocols.contains(.h2), let entry = node.entries?.first(where: { $0.key == "http2" }) {
            decoding.error(
                at: entry.keyLocation,
                "`http2` has no effect here: this listener does not speak it; write `protocols: [h1, h2]`, or remove `http2`"
            )
        }
        if listener.tls != nil, listener.redirectToHTTPS, let place = node["redirect_to_https"] {
            decoding.error(
                at: place.location,
                "`redirect_to_https` would lead clients of this listener back to it, since it has `tls`; remove one of the two"
            )
        }
    }

    /// What only Unix sockets have, and what only TCP has.
    private static func checkSocketKeys(_ listener: Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        guard node["address"]?.scalar != nil else { return }
        let isUnix = if case .unix = listener.address { true } else { false }
        let key = isUnix ? "tcp_keepalive" : "mode"
        guard let entry = node.entries?.first(where: { $0.key == key }) else { return }
        let reason = isUnix ? "a Unix socket has no TCP" : "only a Unix socket (`address: unix:/path`) has a file mode"
        decoding.error(at: entry.keyLocation, "`\(key)` has no effect here: \(reason); remove it")
    }
}

extension Configuration.ProxyProtocolIn {
    static let definition = StructDefinition<Self>(
        "proxy_protocol", title: "proxy_protocol", doc: "From whom a PROXY protocol header is read.",
        make: { Self(from: []) },
        keys: {
            Key(
                "from", .addressSet(countMin: 1), \.from, required: true, example: "[10.0.0.0/24]",
                "Addresses and blocks that send the header. Connections from elsewhere are closed.")
        })
}

extension Shape where Value == Int {
    /// A file mode as octal text: `"0660"`.
    fileprivate static var fileMode: Shape<Int> {
        Shape<String>.text("an octal file mode such as `\"0660\"`", pattern: "^0?[0-7]{3}$") { text in
            guard mode(text) == nil else { return nil }
            return "is no file mode; write three octal digits with a leading zero, such as `\"0660\"`"
        }.converted { text, _, _ in mode(text) }.shown { "\"0\(String($0, radix: 8))\"" }
    }

    @Sendable
    private static func mode(_ text: String) -> Int? {
        guard text.utf8.count == 3 || text.utf8.count == 4 && text.hasPrefix("0") else { return nil }
        guard text.utf8.allSatisfy({ ($0 & 0xf8) == 0x30 }) else { return nil }
        return Int(text, radix: 8)
    }
}

extension Shape where Value == SocketAddress {
    /// An address that no other listener has. Port 0, a free port of the kernel's choice, may stand several times.
    fileprivate static var uniqueListenAddress: Shape<SocketAddress> {
        Shape<SocketAddress>.listenAddress.checked { address, node, decoding in
            if address.port != 0 { decoding.declare("listener address", "\(address)", at: node.location) }
        }
    }
}
