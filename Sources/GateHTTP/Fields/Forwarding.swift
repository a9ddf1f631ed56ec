// What backends are told about the client: X-Forwarded-* as everybody writes them, and Forwarded (RFC 7239).

public import GateCore

/// One hop's knowledge of its client, written into a request's head.
///
/// From a peer that is not trusted everything of the kind is replaced; a trusted one's word is kept and added to.
public struct Forwarding: Sendable {
    public struct Fields: OptionSet, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// X-Forwarded-For, -Proto, -Host and -Port.
        @inlinable public static var xForwarded: Fields { Fields(rawValue: 1) }
        /// Forwarded.
        @inlinable public static var forwarded: Fields { Fields(rawValue: 2) }
    }

    /// Who connected; nil when no address is known, as on a Unix socket.
    public var peer: IPAddress?
    /// Whether the peer is one of `trusted_proxies`.
    public var isPeerTrusted: Bool
    /// Whether the client speaks TLS to us.
    public var isSecure: Bool
    /// The port that the client connected to.
    public var port: UInt16

    public init(peer: IPAddress?, isPeerTrusted: Bool, isSecure: Bool, port: UInt16) {
        self.peer = peer
        self.isPeerTrusted = isPeerTrusted
        self.isSecure = isSecure
        self.port = port
    }

    /// Writes `fields`. The host is the head's Host at this moment, so call it before Host is rewritten.
    ///
    /// An untrusted peer's X-Forwarded-*, Forwarded and X-Real-IP are removed, whatever `fields` says.
    /// Appended elements join the received lines to one, because many backends read the first line only.
    public func write(_ fields: Fields, to head: inout MessageHead) {
        if !isPeerTrusted { removeReceived(&head) }
        if fields.contains(.xForwarded) { writeXForwarded(&head) }
        if fields.contains(.forwarded) { writeForwarded(&head) }
    }

    private func removeReceived(_ head: inout MessageHead) {
        head.remove(.xForwardedFor)
        head.remove(.xForwardedProto)
        head.remove(.xForwardedHost)
        head.remove(.xForwardedPort)
        head.remove(.forwarded)
        head.remove(.xRealIP)
        Self.removeUnlisted(&head)
    }

    /// Every other `X-Forwarded-…`; `Proxy`, which CGI programs would take for a setting (httpoxy); and who the client is
    /// by its certificate (RFC 9440 §2.4).
    public static func removeUnlisted(_ head: inout MessageHead) {
        for index in 0..<head.fieldCount where head.field(index).known == 0 && isSpoof(head.name(index)) {
            head.removeField(at: index)
        }
    }

    private static func isSpoof(_ name: Span<UInt8>) -> Bool {
        // By the first letter, which is another in most names.
        switch name.isEmpty ? 0 : ASCII.lowercased(name[0]) {
        case UInt8(ascii: "x"): name.count >= 11 && ASCII.matches(name.extracting(0..<11), "x-forwarded")
        case UInt8(ascii: "p"): name.count == 5 && ASCII.matches(name, "proxy")
        case UInt8(ascii: "c"):
            name.count == 11 && ASCII.matches(name, "client-cert")
                || name.count == 17 && ASCII.matches(name, "client-cert-chain")
        default: false
        }
    }

    private func writeXForwarded(_ head: inout MessageHead) {
        if let peer {
            let before = head.fieldCount
            head.beginField(.xForwardedFor)
            head.moveValues(of: .xForwardedFor, before: before)
            head.withOwn { $0.append(address: peer) }
            head.endField()
        }
        if !head.has(.xForwardedProto) { head.add(.xForwardedProto, isSecure ? "https" : "http") }
        if !head.has(.xForwardedPort) {
            head.beginField(.xForwardedPort)
            head.withOwn { $0.append(decimal: Int(port)) }
            head.endField()
        }
        if !head.has(.xForwardedHost), let host = head.first(.host) {
            head.beginField(.xForwardedHost)
            head.appendOwnValue(of: host)
            head.endField()
        }
    }

    /// `for=192.0.2.1;host=example.com;proto=https` (RFC 7239 §4).
    private func writeForwarded(_ head: inout MessageHead) {
        if head.mayHave(.forwarded) && !Self.isSound(head) { head.remove(.forwarded) }
        let before = head.fieldCount
        let host = head.first(.host)
        head.beginField(.forwarded)
        head.moveValues(of: .forwarded, before: before)
        head.withOwn { appendNode(to: &$0) }
        if let host {
            head.withOwn { $0.append(";host=") }
            head.appendOwnTokenOrQuoted(valueOf: host)
        }
        head.withOwn { $0.append(isSecure ? ";proto=https" : ";proto=http") }
        head.endField()
    }

    /// Whether all that an earlier hop wrote can be appended to. One broken line makes the others meaningless.
    private static func isSound(_ head: borrowing MessageHead) -> Bool {
        var from = 0
        while let index = head.first(.forwarded, from: from) {
            guard ForwardedGrammar.isValid(head.value(index)) else { return false }
            from = index + 1
        }
        return true
    }

    /// IPv6 addresses stand in brackets and quotes, what has no address is `unknown` (RFC 7239 §6).
    private func appendNode(to own: inout ByteBuffer) {
        guard let peer else { return own.append("for=unknown") }
        if peer.isIPv4 {
            own.append("for=")
            own.append(address: peer)
        } else {
            own.append("for=\"[")
            own.append(address: peer)
            own.append("]\"")
        }
    }
}
