// A ClientHello out of the records that carry it (RFC 8446 §5.1), which may cut it anywhere.

/// Gathers a ClientHello from the bytes of a connection, however they are cut. No socket, no clock.
public struct ClientHelloReader: Sendable {
    /// Bytes of a connection that are looked at, the records' heads among them.
    public static let bytesMax = 64 << 10

    /// What the bytes so far come to.
    public enum Outcome: Equatable, Sendable {
        /// The message is not whole.
        case needMore
        case complete(ClientHello)
        /// It is no ClientHello, or a broken or too large one: the alert to refuse it with (RFC 8446 §6.2).
        case refused(alert: UInt8)
    }

    /// Alerts by their numbers (RFC 8446 §6).
    public enum Alert {
        public static let unexpectedMessage: UInt8 = 10
        public static let recordOverflow: UInt8 = 22
        public static let illegalParameter: UInt8 = 47
        public static let decodeError: UInt8 = 50
        public static let protocolVersion: UInt8 = 70
    }

    private static let recordHeadBytes = 5
    private static let fragmentBytesMax = 1 << 14

    /// The message as far as it has come, without the records' heads.
    private var message: [UInt8] = []
    /// Where in the connection's bytes it goes on.
    private var at = 0
    /// What is missing of the record under way.
    private var recordLeft = 0

    public init() {}

    /// Goes on with `bytes`: all of the connection from its first byte on. O(what is new).
    public mutating func read(_ bytes: Span<UInt8>) -> Outcome {
        let limit = min(bytes.count, Self.bytesMax)
        while at < limit {
            if recordLeft == 0, let outcome = readHead(bytes) { return outcome }
            let end = min(at + recordLeft, limit)
            recordLeft -= end - at
            while at < end {
                message.append(bytes[at])
                at += 1
            }
            if let outcome = judge() { return outcome }
        }
        return bytes.count > Self.bytesMax ? .refused(alert: Alert.illegalParameter) : .needMore
    }

    /// Nil when the record's content may be read.
    private mutating func readHead(_ bytes: Span<UInt8>) -> Outcome? {
        // handshake(22), and a version whose first byte all have in common; what the second says does not count.
        guard bytes[at] == 22 else { return .refused(alert: Alert.unexpectedMessage) }
        guard at + 1 >= bytes.count || bytes[at + 1] == 3 else { return .refused(alert: Alert.protocolVersion) }
        guard bytes.count - at >= Self.recordHeadBytes else { return .needMore }
        let count = Int(bytes[at + 3]) << 8 | Int(bytes[at + 4])
        // RFC 8446 §5.1: no empty fragments of handshakes.
        guard count > 0 else { return .refused(alert: Alert.unexpectedMessage) }
        guard count <= Self.fragmentBytesMax else { return .refused(alert: Alert.recordOverflow) }
        at += Self.recordHeadBytes
        recordLeft = count
        return nil
    }

    /// Nil when more is needed.
    private func judge() -> Outcome? {
        guard let type = message.first else { return nil }
        // client_hello(1).
        guard type == 1 else { return .refused(alert: Alert.unexpectedMessage) }
        guard message.count >= 4 else { return nil }
        let count = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
        guard count <= Self.bytesMax else { return .refused(alert: Alert.illegalParameter) }
        guard message.count >= 4 + count else { return nil }
        guard let hello = ClientHello(body: Array(message[4..<(4 + count)])) else {
            return .refused(alert: Alert.decodeError)
        }
        return .complete(hello)
    }
}
