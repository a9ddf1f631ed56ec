import GateCore
import GateHTTP

/// Which fields the encoder puts into the table. RFC 7541 §7.1 leaves it to the sender.
enum HPACKIndexing {
    /// A field that others will have, too: indexed at once.
    case always
    /// Indexed when the same field comes a second time, so that what differs in every message pushes nothing out.
    case repeated
    /// A literal that nobody may index (RFC 7541 §6.2.3): secrets short enough to be guessed from sizes.
    case never

    /// Cookies shorter than this have too little in them that cannot be guessed (RFC 7541 §7.1.3).
    static let cookieBytesMin = 20

    private static let secrets: UInt64 =
        KnownField.authorization.bit | KnownField.proxyAuthorization.bit | KnownField.setCookie.bit

    private static let steady: UInt64 =
        KnownField.server.bit | KnownField.contentType.bit | KnownField.vary.bit | KnownField.cacheControl.bit
        | KnownField.contentEncoding.bit | KnownField.date.bit | KnownField.strictTransportSecurity.bit
        | KnownField.xPoweredBy.bit | KnownField.acceptEncoding.bit | KnownField.te.bit | KnownField.via.bit
        | KnownField.xForwardedProto.bit | KnownField.xForwardedPort.bit

    /// For a field that is in no pseudo-field.
    @inline(__always)
    static func of(_ name: HPACKName, valueCount: Int) -> HPACKIndexing {
        let bit: UInt64 = 1 &<< UInt64(name.number & 63)
        if bit & secrets != 0 { return .never }
        if bit & steady != 0 { return .always }
        if bit == KnownField.cookie.bit && valueCount < cookieBytesMin { return .never }
        return .repeated
    }
}
