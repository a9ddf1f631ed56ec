import GateHTTP2

/// Frames as bytes, right and wrong ones. RFC 9113 §4.1, §6.
enum Frame {
    static let endStream: UInt8 = 0x1
    static let acknowledged: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let priority: UInt8 = 0x20

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func raw(
        _ type: UInt8, flags: UInt8 = 0, _ id: UInt32, _ payload: [UInt8] = [], length: Int? = nil
    ) -> [UInt8] {
        let length = UInt32(length ?? payload.count)
        return Array(length.bytes[1...]) + [type, flags] + id.bytes + payload
    }

    static func data(_ id: UInt32, _ bytes: [UInt8] = [], end: Bool = false, padding: Int? = nil) -> [UInt8] {
        let payload = padding.map { [UInt8($0)] + bytes + [UInt8](repeating: 0, count: $0) } ?? bytes
        return raw(0, flags: (end ? endStream : 0) | (padding == nil ? 0 : padded), id, payload)
    }

    static func headers(
        _ id: UInt32, _ fields: [(String, String)], end: Bool = false, flags: UInt8 = endHeaders, prefix: [UInt8] = [],
        suffix: [UInt8] = []
    ) -> [UInt8] {
        raw(1, flags: flags | (end ? endStream : 0), id, prefix + block(fields) + suffix)
    }

    /// A request that is as it should be.
    static func request(_ id: UInt32, end: Bool = true, _ fields: [(String, String)] = []) -> [UInt8] {
        headers(id, Self.get + fields, end: end)
    }

    static let get = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a.example")]
    static let post = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a.example")]

    static func response(_ id: UInt32, _ status: Int = 200, end: Bool = false, _ fields: [(String, String)] = [])
        -> [UInt8]
    {
        headers(id, [(":status", String(status))] + fields, end: end)
    }

    static func continuation(_ id: UInt32, _ payload: [UInt8], end: Bool = true) -> [UInt8] {
        raw(9, flags: end ? endHeaders : 0, id, payload)
    }

    static func settings(_ values: [(UInt16, UInt32)] = []) -> [UInt8] {
        raw(4, 0, values.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 0xFF)] + $0.1.bytes })
    }

    static let settingsAcknowledged = raw(4, flags: acknowledged, 0)

    static func reset(_ id: UInt32, _ code: HTTP2ErrorCode = .cancel) -> [UInt8] { raw(3, id, code.rawValue.bytes) }

    static func windowUpdate(_ id: UInt32, _ increment: UInt32) -> [UInt8] { raw(8, id, increment.bytes) }

    static func ping(_ payload: [UInt8] = Array(0..<8), isAnswer: Bool = false) -> [UInt8] {
        raw(6, flags: isAnswer ? acknowledged : 0, 0, payload)
    }

    static func goAway(_ last: UInt32, _ code: HTTP2ErrorCode = .noError, debug: String = "") -> [UInt8] {
        raw(7, 0, last.bytes + code.rawValue.bytes + Array(debug.utf8))
    }

    static func priority(_ id: UInt32, parent: UInt32 = 0, weight: UInt8 = 15) -> [UInt8] {
        raw(2, id, parent.bytes + [weight])
    }

    static func priorityUpdate(_ id: UInt32, _ value: String) -> [UInt8] { raw(0x10, 0, id.bytes + Array(value.utf8)) }

    /// A field block that uses no table. RFC 7541 §6.2.2.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + text($0.0) + text($0.1) }
    }

    /// RFC 7541 §5.2, without Huffman.
    private static func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        if bytes.count < 127 { return [UInt8(bytes.count)] + bytes }
        var length = [UInt8(127)]
        var rest = bytes.count - 127
        while rest >= 128 {
            length.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }
}

extension UInt32 {
    /// Most significant byte first.
    var bytes: [UInt8] { [UInt8(self >> 24), UInt8(self >> 16 & 255), UInt8(self >> 8 & 255), UInt8(self & 255)] }
}
