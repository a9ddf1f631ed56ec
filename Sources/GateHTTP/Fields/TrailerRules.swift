/// Which fields may come after a body. RFC 9110 §6.5.1.
public enum TrailerRules {
    /// Fields that frame, route, authenticate, condition or control a message mean nothing, or mischief, at its end; as
    /// their bits.
    public static let forbidden: UInt64 =
        KnownField.host.bit | KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit
        | KnownField.te.bit | KnownField.trailer.bit | KnownField.transferEncoding.bit | KnownField.upgrade.bit
        | KnownField.contentLength.bit | KnownField.contentType.bit | KnownField.contentEncoding.bit
        | KnownField.contentRange.bit | KnownField.expect.bit | KnownField.cookie.bit | KnownField.setCookie.bit
        | KnownField.location.bit | KnownField.forwarded.bit | KnownField.xForwardedFor.bit
        | KnownField.xForwardedProto.bit | KnownField.xForwardedHost.bit | KnownField.xForwardedPort.bit
        | KnownField.xRequestID.bit | KnownField.xRealIP.bit | KnownField.proxyAuthenticate.bit
        | KnownField.proxyAuthorization.bit | KnownField.authorization.bit | KnownField.wwwAuthenticate.bit
        | KnownField.cacheControl.bit | KnownField.ifNoneMatch.bit | KnownField.ifModifiedSince.bit
        | KnownField.ifMatch.bit | KnownField.ifUnmodifiedSince.bit | KnownField.ifRange.bit | KnownField.range.bit
        | KnownField.vary.bit | KnownField.age.bit | KnownField.expires.bit | KnownField.pragma.bit
        | KnownField.http2Settings.bit | KnownField.maxForwards.bit | KnownField.retryAfter.bit

    /// Whether a field of a trailer section is passed on. The others are dropped, never refused.
    public static func isPermitted(_ record: FieldRecord) -> Bool {
        !record.isRemoved && forbidden & (1 << UInt64(record.known)) == 0
    }
}
