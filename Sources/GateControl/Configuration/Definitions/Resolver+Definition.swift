internal import GateConfig
internal import GateCore

extension Configuration.Resolver {
    static let definition = StructDefinition<Self>(
        "resolver", title: "resolver",
        doc:
            "How the names of servers are looked up: in /etc/hosts, and else by DNS. Each answer is used for as long as it says, "
            + "within bounds, and the last one for as long as DNS fails.",
        make: { Self() },
        keys: {
            Key(
                "servers", .list(.nameServer), \.servers, defaultText: "those of /etc/resolv.conf",
                example: "[10.0.0.53]",
                "Name servers by address; the port is 53 unless one is written: `127.0.0.1:5353`.")
            Key("timeout", .duration(10...60_000), \.timeoutMs, "How long a name server has to answer.")
            Key("attempts", .integer(1...10), \.attempts, "Rounds through the name servers.")
            Key(
                "min_ttl", .duration(10...86_400_000), \.ttlMsMin,
                "The least that an answer holds. A name that fails is asked again after this, then after twice as long, and so on "
                    + "up to 30 s.")
            Key("max_ttl", .duration(1000...86_400_000), \.ttlMsMax, "The most that an answer holds.")
        },
        finish: { resolver, node, decoding in
            guard resolver.ttlMsMin > resolver.ttlMsMax else { return }
            let place = node["min_ttl"] ?? node["max_ttl"] ?? node
            decoding.error(at: place.location, "`min_ttl` is longer than `max_ttl`; make it shorter")
        })
}

extension Shape where Value == SocketAddress {
    /// An address with or without a port.
    static var nameServer: Shape<SocketAddress> {
        Shape<String>.text("an address such as `10.0.0.53` or `127.0.0.1:5353`") { text in
            address(text) == nil ? "is no address; write one such as `10.0.0.53` or `[::1]:5353`" : nil
        }.converted { text, _, _ in address(text) }.shown { "\($0)" }
    }

    @Sendable
    private static func address(_ text: String) -> SocketAddress? {
        if let ip = IPAddress(text) { return .ip(ip, port: 53) }
        guard !text.hasPrefix(":"), let address = SocketAddress(text), case .ip(_, let port) = address, port > 0 else {
            return nil
        }
        return address
    }
}
