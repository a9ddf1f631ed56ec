// HTTP/2 frames as tests write and read them: any type, any flags, any length, right or wrong. RFC 9113 §4.1.

/// One frame.
public struct RawFrame: Sendable, Equatable, CustomStringConvertible {
    public var type: UInt8
    public var flags: UInt8
    public var stream: UInt32
    public var payload: [UInt8]

    public init(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, payload: [UInt8] = []) {
        self.type = type
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    // Types (RFC 9113 §6, RFC 9218 §7.1).
    public static let data: UInt8 = 0
    public static let headers: UInt8 = 1
    public static let priority: UInt8 = 2
    public static let reset: UInt8 = 3
    public static let settings: UInt8 = 4
    public static let pushPromise: UInt8 = 5
    public static let ping: UInt8 = 6
    public static let goAway: UInt8 = 7
    public static let windowUpdate: UInt8 = 8
    public static let continuation: UInt8 = 9
    public static let priorityUpdate: UInt8 = 16

    // Flags.
    public static let endStream: UInt8 = 1
    public static let acknowledgement: UInt8 = 1
    public static let endHeaders: UInt8 = 4
    public static let padded: UInt8 = 8
    public static let prioritised: UInt8 = 32

    /// Whether it ends its stream's direction.
    public var endsStream: Bool { (type == Self.data || type == Self.headers) && flags & Self.endStream != 0 }

    /// A number of four bytes in the payload; nil when it is not so long.
    public func number(at offset: Int) -> UInt32? {
        guard payload.count >= offset + 4 else { return nil }
        return payload[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Its bytes.
    public var bytes: [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
            + Self.number(stream) + payload
    }

    /// Four bytes of a number.
    public static func number(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    public var description: String {
        let names = [
            "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
            "CONTINUATION",
        ]
        let name = Int(type) < names.count ? names[Int(type)] : "type \(type)"
        let code = type == Self.reset ? number(at: 0) : type == Self.goAway ? number(at: 4) : nil
        return "\(name) of \(payload.count) on \(stream), flags \(flags)" + (code.map { ", code \($0)" } ?? "")
    }
}

extension RawFrame {
    /// SETTINGS with these values (RFC 9113 §6.5.2).
    public static func settings(_ values: [(UInt16, UInt32)] = []) -> RawFrame {
        let payload = values.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + number($0.1) }
        return RawFrame(type: settings, payload: payload)
    }

    public static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> RawFrame {
        RawFrame(type: windowUpdate, stream: stream, payload: number(increment))
    }

    public static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> RawFrame {
        RawFrame(type: reset, stream: stream, payload: number(code))
    }

    public static func ping(_ text: String = "01234567") -> RawFrame {
        RawFrame(type: ping, payload: Array(text.utf8))
    }

    public static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> RawFrame {
        RawFrame(type: data, flags: ends ? endStream : 0, stream: stream, payload: bytes)
    }

    public static func data(_ stream: UInt32, _ text: String, ends: Bool = false) -> RawFrame {
        data(stream, Array(text.utf8), ends: ends)
    }

    /// HEADERS with a whole block; fields go as literals that no table takes.
    public static func headers(_ stream: UInt32, _ fields: [(String, String)], ends: Bool = true) -> RawFrame {
        RawFrame(
            type: headers, flags: endHeaders | (ends ? endStream : 0), stream: stream, payload: block(fields))
    }

    /// A field block of literals without indexing and without Huffman codes (RFC 7541 §6.2.2).
    public static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + string($0.0) + string($0.1) }
    }

    /// RFC 7541 §5.2.
    public static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return integer(bytes.count, prefixBits: 7) + bytes
    }

    /// RFC 7541 §5.1.
    public static func integer(_ value: Int, prefixBits: Int) -> [UInt8] {
        let most = 1 << prefixBits - 1
        guard value >= most else { return [UInt8(value)] }
        var bytes = [UInt8(most)]
        var rest = value - most
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
