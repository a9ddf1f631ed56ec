// A check by gRPC's health protocol (grpc.health.v1): one call over HTTP/2 with prior knowledge (RFC 9113 §3.3).
//
// One stream, one request of known size and one message in return need no more of HTTP/2 than frames: what we send in
// field blocks is literal or in the static table (RFC 7541 §6), and what the server says in them does not matter, since
// only a DATA frame says SERVING.

import GateCore
import GateProxy

/// Asks by `grpc.health.v1.Health/Check`. Over TLS it offers h2 (RFC 9113 §3.2).
struct GRPCProbe: CheckProbe {
    private enum FrameType {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let resetStream: UInt8 = 3
        static let settings: UInt8 = 4
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
    }
    private enum Flag {
        /// END_STREAM for DATA and HEADERS, ACK for SETTINGS and PING.
        static let end: UInt8 = 1
        static let endHeaders: UInt8 = 4
        static let padded: UInt8 = 8
    }

    /// What a server may send in one frame without being told otherwise (RFC 9113 §6.5.2).
    private static let frameBytesMax = 16_384
    private static let framesMax = 100

    private let isSecure: Bool
    private let service: [UInt8]
    private let authority: [UInt8]
    private var received: [UInt8] = []
    private var message: [UInt8] = []
    private var frames = 0

    init(service: String, authority: String, isSecure: Bool = false) {
        self.isSecure = isSecure
        self.service = Array(service.utf8)
        self.authority = Array(authority.utf8)
    }

    private var words: String {
        service.isEmpty ? "gRPC health check" : "gRPC health check of \(String(decoding: service, as: UTF8.self))"
    }

    // MARK: Asking

    var applicationProtocols: [String] { ["h2"] }

    var opening: [UInt8] {
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(FrameType.settings, 0, stream: 0, [])
            + Self.frame(FrameType.headers, Flag.endHeaders, stream: 1, fields)
            + Self.frame(FrameType.data, Flag.end, stream: 1, request)
    }

    private var fields: [UInt8] {
        // :method POST, :scheme http and :scheme https stand in the static table as 3, 6 and 7.
        var block: [UInt8] = [0x83, isSecure ? 0x87 : 0x86]
        Self.literal(nameIndex: 4, Array("/grpc.health.v1.Health/Check".utf8), &block)
        Self.literal(nameIndex: 1, authority, &block)
        Self.literal(nameIndex: 31, Array("application/grpc".utf8), &block)
        Self.literal("te", "trailers", &block)
        Self.literal("user-agent", "gatehouse-health", &block)
        return block
    }

    /// HealthCheckRequest with its field 1, `service`, behind the prefix of a gRPC message.
    private var request: [UInt8] {
        var bytes: [UInt8] = []
        if !service.isEmpty {
            bytes.append(0x0A)
            Self.varint(service.count, &bytes)
            bytes += service
        }
        return [0] + Self.bigEndian(bytes.count, 4) + bytes
    }

    static func frame(_ type: UInt8, _ flags: UInt8, stream: Int, _ payload: [UInt8]) -> [UInt8] {
        bigEndian(payload.count, 3) + [type, flags] + bigEndian(stream, 4) + payload
    }

    private static func bigEndian(_ value: Int, _ count: Int) -> [UInt8] {
        (1...count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - $0))) }
    }

    /// RFC 7541 §6.2.2, the name from the static table.
    private static func literal(nameIndex: Int, _ value: [UInt8], _ block: inout [UInt8]) {
        integer(nameIndex, prefixBits: 4, &block)
        string(value, &block)
    }

    private static func literal(_ name: String, _ value: String, _ block: inout [UInt8]) {
        block.append(0)
        string(Array(name.utf8), &block)
        string(Array(value.utf8), &block)
    }

    private static func string(_ bytes: [UInt8], _ block: inout [UInt8]) {
        integer(bytes.count, prefixBits: 7, &block)
        block += bytes
    }

    /// RFC 7541 §5.1.
    private static func integer(_ value: Int, prefixBits: Int, _ block: inout [UInt8]) {
        let limit = (1 << prefixBits) - 1
        if value < limit { return block.append(UInt8(value)) }
        block.append(UInt8(limit))
        varint(value - limit, &block)
    }

    private static func varint(_ value: Int, _ bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    // MARK: Listening

    mutating func receive(_ bytes: Span<UInt8>) -> ProbeStep {
        bytes.withUnsafeBufferPointer { received.append(contentsOf: $0) }
        var answer: [UInt8] = []
        while received.count >= 9 {
            let count = Int(received[0]) << 16 | Int(received[1]) << 8 | Int(received[2])
            guard count <= Self.frameBytesMax, frames < Self.framesMax else { return notHTTP2 }
            guard received.count >= 9 + count else { break }
            let (type, flags, payload) = (received[3], received[4], Array(received[9..<(9 + count)]))
            if frames == 0 && type != FrameType.settings { return notHTTP2 }
            received.removeFirst(9 + count)
            frames += 1
            switch take(type, flags, payload) {
            case .needMore: break
            case .send(let more): answer += more
            case .done(let outcome): return .done(outcome)
            }
        }
        return answer.isEmpty ? .needMore : .send(answer)
    }

    private var notHTTP2: ProbeStep { .done(.bad("\(words): the server does not speak HTTP/2")) }

    private mutating func take(_ type: UInt8, _ flags: UInt8, _ payload: [UInt8]) -> ProbeStep {
        switch type {
        case FrameType.settings where flags & Flag.end == 0:
            return .send(Self.frame(FrameType.settings, Flag.end, stream: 0, []))
        case FrameType.ping where flags & Flag.end == 0 && payload.count == 8:
            return .send(Self.frame(FrameType.ping, Flag.end, stream: 0, payload))
        case FrameType.headers where flags & Flag.end != 0: return .done(ended())
        case FrameType.resetStream: return .done(.bad("\(words): the server reset the stream"))
        case FrameType.goAway: return .done(.bad("\(words): the server said GOAWAY"))
        case FrameType.data: return takeData(flags, payload)
        default: return .needMore
        }
    }

    private mutating func takeData(_ flags: UInt8, _ payload: [UInt8]) -> ProbeStep {
        var content = payload[...]
        if flags & Flag.padded != 0 {
            guard let padding = payload.first, payload.count > Int(padding) else { return notHTTP2 }
            content = payload[1..<(payload.count - Int(padding))]
        }
        message += content
        if message.count >= 5 {
            let count = message[1..<5].reduce(0) { $0 << 8 | Int($1) }
            if message[0] == 0 && message.count == 5 + count { return .done(Self.verdict(Array(message[5...]), words)) }
        }
        return flags & Flag.end != 0 || message.count > 1024 ? .done(ended()) : .needMore
    }

    /// HealthCheckResponse: field 1, an enum in which 1 is SERVING. Default values are not on the wire.
    private static func verdict(_ bytes: [UInt8], _ words: String) -> CheckOutcome {
        let status = bytes.isEmpty ? 0 : bytes.count == 2 && bytes[0] == 0x08 ? Int(bytes[1]) : -1
        switch status {
        case 0: return .bad("\(words) answered UNKNOWN")
        case 1: return .good
        case 2: return .bad("\(words) answered NOT_SERVING")
        case 3: return .bad("\(words) answered SERVICE_UNKNOWN")
        default: return .bad("\(words): the answer is no HealthCheckResponse")
        }
    }

    mutating func ended() -> CheckOutcome {
        .bad("\(words) was answered without a status; does the server have the health service, and know this one?")
    }
}
