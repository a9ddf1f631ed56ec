// Who a server has to prove to be.

public import GateCore

/// The name that a server's certificate must have, and the name that the server is asked for.
public struct TLSServerName: Hashable, Sendable {
    /// What the certificate is looked through for: a `subjectAltName` of the one kind or the other (RFC 9525 §6).
    /// The subject's common name counts for nothing.
    public enum Verified: Hashable, Sendable {
        /// A DNS name in lower case.
        case name(String)
        /// An IP address, which only an IP address of the certificate matches.
        case address(IPAddress)
    }

    /// What the certificate must be for.
    public var verified: Verified
    /// What the server is asked for by SNI (RFC 6066 §3); nil: nothing, as an address cannot be.
    public var sni: String?

    /// Asks for `host` and wants a certificate for it. An address is told by its form.
    public init(_ host: String) {
        if let address = IPAddress(host) {
            verified = .address(address)
            sni = nil
        } else {
            let name = host.lowercased()
            verified = .name(name)
            sni = name
        }
    }
}

extension TLSServerName: CustomStringConvertible {
    /// The verified name, without SNI.
    public var description: String {
        switch verified {
        case .name(let name): name
        case .address(let address): "\(address)"
        }
    }
}
