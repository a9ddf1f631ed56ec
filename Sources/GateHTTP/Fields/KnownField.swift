// Field names that Gatehouse itself reads or writes, known by number so that nobody compares text twice.
//
// The table is closed: at most 63 names, so that a head's known fields fit one word of bits.

internal import GateCore

/// A field name that is known by number. RFC 9110 §16.3.1 and the registries behind it.
public enum KnownField: UInt8, Sendable, CaseIterable {
    case host = 1
    case connection = 2
    case keepAlive = 3
    case proxyConnection = 4
    case te = 5
    case trailer = 6
    case transferEncoding = 7
    case upgrade = 8
    case contentLength = 9
    case contentType = 10
    case expect = 11
    case accept = 12
    case acceptEncoding = 13
    case acceptLanguage = 14
    case userAgent = 15
    case cookie = 16
    case setCookie = 17
    case date = 18
    case server = 19
    case location = 20
    case contentLocation = 21
    case refresh = 22
    case link = 23
    case via = 24
    case forwarded = 25
    case xForwardedFor = 26
    case xForwardedProto = 27
    case xForwardedHost = 28
    case xForwardedPort = 29
    case xRequestID = 30
    case xRealIP = 31
    case proxyAuthenticate = 32
    case proxyAuthorization = 33
    case authorization = 34
    case wwwAuthenticate = 35
    case cacheControl = 36
    case entityTag = 37
    case lastModified = 38
    case ifNoneMatch = 39
    case ifModifiedSince = 40
    case ifMatch = 41
    case ifUnmodifiedSince = 42
    case ifRange = 43
    case range = 44
    case contentRange = 45
    case contentEncoding = 46
    case vary = 47
    case age = 48
    case expires = 49
    case pragma = 50
    case http2Settings = 51
    case maxForwards = 52
    case origin = 53
    case referer = 54
    case retryAfter = 55
    case allow = 56
    case secWebSocketKey = 57
    case secWebSocketAccept = 58
    case secWebSocketVersion = 59
    case secWebSocketProtocol = 60
    case strictTransportSecurity = 61
    case xPoweredBy = 62
    case proxyStatus = 63

    /// The name as Gatehouse writes it.
    @inlinable public var name: StaticString {
        switch self {
        case .host: "Host"
        case .connection: "Connection"
        case .keepAlive: "Keep-Alive"
        case .proxyConnection: "Proxy-Connection"
        case .te: "TE"
        case .trailer: "Trailer"
        case .transferEncoding: "Transfer-Encoding"
        case .upgrade: "Upgrade"
        case .contentLength: "Content-Length"
        case .contentType: "Content-Type"
        case .expect: "Expect"
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .acceptLanguage: "Accept-Language"
        case .userAgent: "User-Agent"
        case .cookie: "Cookie"
        case .setCookie: "Set-Cookie"
        case .date: "Date"
        case .server: "Server"
        case .location: "Location"
        case .contentLocation: "Content-Location"
        case .refresh: "Refresh"
        case .link: "Link"
        case .via: "Via"
        case .forwarded: "Forwarded"
        case .xForwardedFor: "X-Forwarded-For"
        case .xForwardedProto: "X-Forwarded-Proto"
        case .xForwardedHost: "X-Forwarded-Host"
        case .xForwardedPort: "X-Forwarded-Port"
        case .xRequestID: "X-Request-Id"
        case .xRealIP: "X-Real-IP"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .proxyAuthorization: "Proxy-Authorization"
        case .authorization: "Authorization"
        case .wwwAuthenticate: "WWW-Authenticate"
        case .cacheControl: "Cache-Control"
        case .entityTag: "ETag"
        case .lastModified: "Last-Modified"
        case .ifNoneMatch: "If-None-Match"
        case .ifModifiedSince: "If-Modified-Since"
        case .ifMatch: "If-Match"
        case .ifUnmodifiedSince: "If-Unmodified-Since"
        case .ifRange: "If-Range"
        case .range: "Range"
        case .contentRange: "Content-Range"
        case .contentEncoding: "Content-Encoding"
        case .vary: "Vary"
        case .age: "Age"
        case .expires: "Expires"
        case .pragma: "Pragma"
        case .http2Settings: "HTTP2-Settings"
        case .maxForwards: "Max-Forwards"
        case .origin: "Origin"
        case .referer: "Referer"
        case .retryAfter: "Retry-After"
        case .allow: "Allow"
        case .secWebSocketKey: "Sec-WebSocket-Key"
        case .secWebSocketAccept: "Sec-WebSocket-Accept"
        case .secWebSocketVersion: "Sec-WebSocket-Version"
        case .secWebSocketProtocol: "Sec-WebSocket-Protocol"
        case .strictTransportSecurity: "Strict-Transport-Security"
        case .xPoweredBy: "X-Powered-By"
        case .proxyStatus: "Proxy-Status"
        }
    }

    /// The name in lower case.
    @usableFromInline
    var lowercasedName: StaticString {
        switch self {
        case .host: "host"
        case .connection: "connection"
        case .keepAlive: "keep-alive"
        case .proxyConnection: "proxy-connection"
        case .te: "te"
        case .trailer: "trailer"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .contentLength: "content-length"
        case .contentType: "content-type"
        case .expect: "expect"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .acceptLanguage: "accept-language"
        case .userAgent: "user-agent"
        case .cookie: "cookie"
        case .setCookie: "set-cookie"
        case .date: "date"
        case .server: "server"
        case .location: "location"
        case .contentLocation: "content-location"
        case .refresh: "refresh"
        case .link: "link"
        case .via: "via"
        case .forwarded: "forwarded"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedProto: "x-forwarded-proto"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedPort: "x-forwarded-port"
        case .xRequestID: "x-request-id"
        case .xRealIP: "x-real-ip"
        case .proxyAuthenticate: "proxy-authenticate"
        case .proxyAuthorization: "proxy-authorization"
        case .authorization: "authorization"
        case .wwwAuthenticate: "www-authenticate"
        case .cacheControl: "cache-control"
        case .entityTag: "etag"
        case .lastModified: "last-modified"
        case .ifNoneMatch: "if-none-match"
        case .ifModifiedSince: "if-modified-since"
        case .ifMatch: "if-match"
        case .ifUnmodifiedSince: "if-unmodified-since"
        case .ifRange: "if-range"
        case .range: "range"
        case .contentRange: "content-range"
        case .contentEncoding: "content-encoding"
        case .vary: "vary"
        case .age: "age"
        case .expires: "expires"
        case .pragma: "pragma"
        case .http2Settings: "http2-settings"
        case .maxForwards: "max-forwards"
        case .origin: "origin"
        case .referer: "referer"
        case .retryAfter: "retry-after"
        case .allow: "allow"
        case .secWebSocketKey: "sec-websocket-key"
        case .secWebSocketAccept: "sec-websocket-accept"
        case .secWebSocketVersion: "sec-websocket-version"
        case .secWebSocketProtocol: "sec-websocket-protocol"
        case .strictTransportSecurity: "strict-transport-security"
        case .xPoweredBy: "x-powered-by"
        case .proxyStatus: "proxy-status"
        }
    }

    /// This field's bit in a set of known fields.
    @inlinable public var bit: UInt64 { 1 &<< UInt64(rawValue) }

    /// The known field that `name` spells in any case, or nil.
    public init?(_ name: Span<UInt8>) {
        guard let candidate = Self.candidate(name), ASCII.matches(name, candidate.lowercasedName) else { return nil }
        self = candidate
    }

    /// The last eight bytes, folded, tell the names apart but for a few, which the length tells.
    private static func candidate(_ name: Span<UInt8>) -> KnownField? {
        switch foldedTail(name) {
        case 0x6574: return .te
        case 0x616976: return .via
        case 0x656761: return .age
        case 0x6574_6164: return .date
        case 0x6761_7465: return .entityTag
        case 0x6b6e_696c: return .link
        case 0x7473_6f68: return .host
        case 0x7972_6176: return .vary
        case 0x65_676e_6172: return .range
        case 0x77_6f6c_6c61: return .allow
        case 0x616d_6761_7270: return .pragma
        case 0x6569_6b6f_6f63: return .cookie
        case 0x6e69_6769_726f: return .origin
        case 0x7265_7672_6573: return .server
        case 0x7463_6570_7865: return .expect
        case 0x7470_6563_6361: return .accept
        case 0x65_6461_7267_7075: return .upgrade
        case 0x68_7365_7266_6572: return .refresh
        case 0x72_656c_6961_7274: return .trailer
        case 0x72_6572_6566_6572: return .referer
        case 0x73_6572_6970_7865: return .expires
        case 0x6465_6472_6177_726f: return .forwarded
        case 0x6465_6966_6964_6f6d: return .lastModified
        case 0x6469_2d74_7365_7571: return .xRequestID
        case 0x6563_6e69_732d_6465: return name.count == 17 ? .ifModifiedSince : .ifUnmodifiedSince
        case 0x6567_6175_676e_616c: return .acceptLanguage
        case 0x6567_6e61_722d_6669: return .ifRange
        case 0x6567_6e61_722d_746e: return .contentRange
        case 0x6569_6b6f_6f63_2d74: return .setCookie
        case 0x6570_7974_2d74_6e65: return .contentType
        case 0x6574_6163_6974_6e65: return name.count == 16 ? .wwwAuthenticate : .proxyAuthenticate
        case 0x6576_696c_612d_7065: return .keepAlive
        case 0x676e_6964_6f63_6e65:
            return name.count == 15 ? .acceptEncoding : name.count == 16 ? .contentEncoding : .transferEncoding
        case 0x6863_7461_6d2d_656e: return .ifNoneMatch
        case 0x6863_7461_6d2d_6669: return .ifMatch
        case 0x6874_676e_656c_2d74: return .contentLength
        case 0x6c6f_636f_746f_7270: return .secWebSocketProtocol
        case 0x6c6f_7274_6e6f_632d: return .cacheControl
        case 0x6e6f_6973_7265_762d: return .secWebSocketVersion
        case 0x6e6f_6974_6163_6f6c: return name.count == 8 ? .location : .contentLocation
        case 0x6e6f_6974_617a_6972: return name.count == 13 ? .authorization : .proxyAuthorization
        case 0x6e6f_6974_6365_6e6e: return name.count == 10 ? .connection : .proxyConnection
        case 0x6f74_6f72_702d_6465: return .xForwardedProto
        case 0x7069_2d6c_6165_722d: return .xRealIP
        case 0x7265_7466_612d_7972: return .retryAfter
        case 0x726f_662d_6465_6472: return .xForwardedFor
        case 0x7364_7261_7772_6f66: return .maxForwards
        case 0x7367_6e69_7474_6573: return .http2Settings
        case 0x7375_7461_7473_2d79: return .proxyStatus
        case 0x746e_6567_612d_7265: return .userAgent
        case 0x7470_6563_6361_2d74: return .secWebSocketAccept
        case 0x7472_6f70_2d64_6564: return .xForwardedPort
        case 0x7473_6f68_2d64_6564: return .xForwardedHost
        case 0x7962_2d64_6572_6577: return .xPoweredBy
        case 0x7965_6b2d_7465_6b63: return .secWebSocketKey
        case 0x7974_6972_7563_6573: return .strictTransportSecurity
        default: return nil
        }
    }

    @inline(__always)
    private static func foldedTail(_ name: Span<UInt8>) -> UInt64 {
        let count = name.count
        if count >= 8 {
            return name.bytes.withUnsafeBytes { bytes in
                // Safe: count - 8 .. count lies within the span.
                unsafe bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self) | 0x2020_2020_2020_2020
            }
        }
        if count >= 4 {
            return name.bytes.withUnsafeBytes { bytes in
                // Safe: both loads lie within the span; where they overlap they agree.
                let low = unsafe bytes.loadUnaligned(as: UInt32.self)
                let high = unsafe bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
                let fold: UInt32 = 0x2020_2020
                return UInt64(low | fold) | UInt64(high | fold) &<< UInt64(8 &* (count &- 4))
            }
        }
        var word: UInt64 = 0
        var shift: UInt64 = 0
        for i in 0..<count {
            word |= UInt64(name[i] | 0x20) &<< shift
            shift &+= 8
        }
        return word
    }
}
