/// A connection did not bring what a test waited for. It says what had come until then.
public struct WireFailure: Error, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The bound passed.
        case timedOut
        /// The other side ended its stream (FIN).
        case ended
        /// The other side reset the connection, or it was reset while sending.
        case reset
        /// The stream ended without close_notify (RFC 8446 §6.1): what came before may be cut.
        case endedWithoutNotice
        /// The other side sent this fatal alert, by its number (RFC 8446 §6).
        case alert(UInt8)
        /// TLS failed at the own end, for this reason.
        case tls(String)
        /// Nobody listens there.
        case refused
        /// What came is no HTTP message.
        case malformed(String)
        /// A system call failed in another way.
        case system(Int32)
    }

    public let kind: Kind
    /// Bytes that had come and that the failed call was about.
    public let had: [UInt8]

    public init(_ kind: Kind, had: [UInt8] = []) {
        self.kind = kind
        self.had = had
    }

    public var description: String {
        let text = String(decoding: had.prefix(2000), as: UTF8.self).debugDescription
        return "\(kind), after \(had.count) bytes: \(text)"
    }

    /// True if the connection is over, in order or not.
    public var isEnd: Bool { kind == .ended || kind == .reset || kind == .endedWithoutNotice }
}
