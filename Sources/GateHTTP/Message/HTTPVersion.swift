/// The versions that a message can say it speaks.
public enum HTTPVersion: UInt8, Sendable {
    case http10 = 10
    case http11 = 11
    case http2 = 20

    /// As access logs write it.
    public var name: StaticString {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        case .http2: "HTTP/2.0"
        }
    }
}
