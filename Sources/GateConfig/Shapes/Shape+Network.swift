public import GateCore

extension Shape where Value == AddressBlock {
    /// An address or a block of addresses: `10.0.0.0/8`.
    public static var addressBlock: Shape<AddressBlock> {
        .scalar(.text(words: "an IP address or block such as `10.0.0.0/8`", pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"))
        { text in
            guard let block = AddressBlock(text) else { return .mismatch }
            let address = text.prefix { $0 != "/" }
            guard IPAddress(address) == block.base else {
                return .failure("has bits set beyond its prefix; write `\(block)`")
            }
            return .value(block)
        }
    }
}

extension Shape where Value == AddressSet {
    /// A list of addresses and blocks.
    public static func addressSet(countMin: Int = 0) -> Shape<AddressSet> {
        Shape<[AddressBlock]>.list(.addressBlock, countMin: countMin)
            .converted { blocks, _, _ in AddressSet(blocks) }
            .shown { set in "[\(set.blocks.map { "\($0)" }.joined(separator: ", "))]" }
    }
}

extension Shape where Value == SocketAddress {
    /// An address to listen on: `127.0.0.1:80`, `:80`, `[::1]:80`, `unix:/path`.
    public static var listenAddress: Shape<SocketAddress> {
        let words = "an address such as `:8080`, `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/gatehouse.sock`"
        return .scalar(.text(words: words, pattern: "^(.*:[0-9]{1,5}|unix:/.+)$")) { text in
            if let address = SocketAddress(text) { return .value(address) }
            if SocketAddress.parsePort(text) != nil {
                return .failure("lacks its colon; write `:\(text)` for every address")
            }
            if text.hasPrefix("*:") { return .failure("is no address; leave out `*` for every address") }
            if text.hasPrefix("localhost:") {
                return .failure("is a name; write `127.0.0.1` or `[::1]` instead of `localhost`")
            }
            if IPAddress(text) != nil {
                return .failure("lacks a port; write `\(text.contains(":") ? "[\(text)]" : text):80`")
            }
            return .mismatch
        }.shown { "\($0)" }
    }
}

extension Shape where Value == ServiceURL {
    /// A URL of a service: `http://host:port/path`, `https://host`, `unix:/path`.
    public static var serviceURL: Shape<ServiceURL> {
        let pattern = "^(https?://[^/]+|srv://_|unix:/).*$"
        return .scalar(.text(words: "a URL such as `http://127.0.0.1:3000`", pattern: pattern)) {
            text in
            do throws(ServiceURL.Failure) {
                return .value(try ServiceURL(text))
            } catch {
                return error == .notURL ? .mismatch : .failure(error.words)
            }
        }.shown { "\($0)" }
    }
}
