import GateCore
import GateHTTP2

/// As `HTTP2ConnectionProperty`, for inputs that are recipes: each few bytes make one frame that has at least the right
/// form, so that what comes is mostly understood.
///
/// The first byte is that of the other property. A frame is a byte for its kind, one for its stream, one for its flags
/// and one for what its payload is made of.
enum HTTP2FramesProperty {
    static func check(_ bytes: Span<UInt8>) {
        guard bytes.count > 4 else { return }
        var input = ByteBuffer()
        FuzzedPeer.greeting(isServer: bytes[0] & 1 != 0, into: &input)
        var at = 1
        while at + 4 <= bytes.count && input.count < 1 << 16 {
            append(bytes[at], UInt32(bytes[at + 1]), bytes[at + 2], Int(bytes[at + 3]), &input)
            at += 4
        }
        HTTP2ConnectionProperty.check(input.span, bytes[0])
    }

    /// Kinds are types, from 10 on with payloads that fit them worse. Even streams are rare.
    private static func append(
        _ kind: UInt8, _ stream: UInt32, _ flags: UInt8, _ seed: Int, _ input: inout ByteBuffer
    ) {
        let id = stream < 250 ? (stream & 31) * 2 + 1 : stream - 250
        switch kind % 16 {
        case 0, 10: data(id, flags, seed * (kind & 0x80 == 0 ? 1 : 4), &input)
        case 1, 11, 12: head(id, flags | (seed % 16 == 0 ? 0 : 4), seed, &input)
        case 2: number(2, flags, id, UInt32(seed % 40), extra: seed % 9 == 0 ? 0 : 1, &input)
        case 3: number(3, flags, id, UInt32(seed), extra: seed == 77 ? 1 : 0, &input)
        case 4: settings(flags & 1, seed, &input)
        case 5: number(5, flags, id, 2, extra: 0, &input)
        case 6: ping(flags, seed, &input)
        case 7: goAway(seed, &input)
        case 8: number(8, flags, seed & 1 == 0 ? id : 0, window(seed), extra: 0, &input)
        case 9: continuation(id, flags, seed, &input)
        case 13: priorityUpdate(id, seed, &input)
        default: FuzzedPeer.append(kind, flags, id, 0, to: &input)
        }
    }

    private static func window(_ seed: Int) -> UInt32 {
        seed < 200 ? UInt32(seed * seed) : seed < 250 ? UInt32(seed) << 18 : 0x7FFF_FFFF
    }

    private static func data(_ id: UInt32, _ flags: UInt8, _ count: Int, _ input: inout ByteBuffer) {
        FuzzedPeer.append(0, flags & 9, id, count, to: &input)
        for at in 0..<count { input.append(byte: UInt8(truncatingIfNeeded: at == 0 ? count / 2 : count &+ at)) }
    }

    /// Requests and responses out of the static table, with a length, or a field that is wrong, now and then.
    private static func head(_ id: UInt32, _ flags: UInt8, _ seed: Int, _ input: inout ByteBuffer) {
        var block: [UInt8]
        switch seed % 8 {
        case 0: block = [0x88]
        case 1: block = [0x83, 0x86, 0x84, 0x5C, 2, 0x31, 0x30]
        case 2: block = [0x89, 0x5C, 1, 0x35]
        case 3: block = [0x08, 3, 0x31, 0x30, 0x33]
        case 4: block = [0x40, 1, 0x78, 1, UInt8(seed)]
        case 5: block = [0x82, 0x86, 0x84, 0, 8] + Array("priority".utf8) + [3] + Array("u=1".utf8)
        case 6: block = [0x82, 0x86, 0x84, 0xBE]
        default: block = [0x82, 0x86, 0x84]
        }
        if flags & 0x20 != 0 { block = [0, 0, 0, UInt8(seed & 15), 1] + block }
        if flags & 8 != 0 { block = [UInt8(seed & 3)] + block + [UInt8](repeating: 0, count: seed & 3) }
        FuzzedPeer.append(1, flags & 0x2D, id, block.count, to: &input)
        input.append(block.span)
    }

    private static func continuation(_ id: UInt32, _ flags: UInt8, _ seed: Int, _ input: inout ByteBuffer) {
        let count = seed % 5 == 0 ? 0 : seed
        FuzzedPeer.append(9, flags & 4, id, count, to: &input)
        for _ in 0..<count { input.append(byte: 0x90) }
    }

    private static func number(
        _ type: UInt8, _ flags: UInt8, _ id: UInt32, _ value: UInt32, extra: Int, _ input: inout ByteBuffer
    ) {
        FuzzedPeer.append(type, flags, id, 4 + extra, to: &input)
        FuzzedPeer.append(value, to: &input)
        for _ in 0..<extra { input.append(byte: 16) }
    }

    private static func settings(_ flags: UInt8, _ seed: Int, _ input: inout ByteBuffer) {
        let isAnswer = flags == 1 && seed % 8 > 0
        FuzzedPeer.append(4, flags, 0, isAnswer ? 0 : 6, to: &input)
        if isAnswer { return }
        input.append(byte: 0)
        input.append(byte: UInt8(seed % 11))
        FuzzedPeer.append(window(seed), to: &input)
    }

    /// Answers to the PINGs that windows are measured with are among them.
    private static func ping(_ flags: UInt8, _ seed: Int, _ input: inout ByteBuffer) {
        FuzzedPeer.append(6, flags, 0, 8, to: &input)
        FuzzedPeer.append(seed & 1 == 0 ? 0x6761_7465 : 1, to: &input)
        FuzzedPeer.append(UInt32(seed & 3), to: &input)
    }

    private static func goAway(_ seed: Int, _ input: inout ByteBuffer) {
        FuzzedPeer.append(7, 0, 0, 8, to: &input)
        FuzzedPeer.append(UInt32(seed), to: &input)
        FuzzedPeer.append(0, to: &input)
    }

    private static func priorityUpdate(_ id: UInt32, _ seed: Int, _ input: inout ByteBuffer) {
        FuzzedPeer.append(0x10, 0, 0, 7, to: &input)
        FuzzedPeer.append(id, to: &input)
        input.append("u=")
        input.append(byte: 0x30 &+ UInt8(seed % 10))
    }
}
