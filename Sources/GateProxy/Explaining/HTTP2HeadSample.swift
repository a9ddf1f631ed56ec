// What an HTTP/2 server would get, read back from the frames that a connection would send.

import GateCore
import GateHTTP
import GateHTTP2

/// A request's head as HTTP/2 has it.
enum HTTP2HeadSample {
    /// The pseudo-fields, then the fields, a line each, in the order of the wire (RFC 9113 §8.3).
    static func lines(_ exchange: Exchange, _ server: ServerRuntime) -> [String] {
        var core = HTTP2Connection(role: .client)
        var out = ByteBuffer()
        guard let index = core.open() else { return [] }
        _ = HTTP2RequestHead.write(
            exchange, to: server, isSecure: server.plan.tlsName != nil, index,
            isEnd: exchange.requestFraming == .none, &core, into: &out)
        let block = block(of: out.span)
        return fields(of: block.span)
    }

    /// The field block: what HEADERS and its CONTINUATIONs carry.
    private static func block(of frames: Span<UInt8>) -> ByteBuffer {
        var block = ByteBuffer()
        var at = 0
        while at < frames.count {
            let start = at + HTTP2Connection.frameHeaderBytes
            let end = start + (Int(frames[at]) << 16 | Int(frames[at + 1]) << 8 | Int(frames[at + 2]))
            block.append(frames, start..<end)
            at = end
        }
        return block
    }

    private static func fields(of block: Span<UInt8>) -> [String] {
        var decoder = HPACKDecoder()
        var text = ByteBuffer()
        var lines: [String] = []
        var at = 0
        while let field = try? decoder.next(block, at: &at, into: &text, lineBytesMax: .max) {
            let name = field.pseudo.map { "\($0.name)" } ?? text.span.extracting(field.name).text
            lines.append("\(name): \(text.span.extracting(field.value).text)")
        }
        return lines
    }
}
