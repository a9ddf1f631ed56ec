// HTTP/2 by prior knowledge on a listener that speaks both: the first bytes tell (RFC 9113 §3.3, §3.4).

import GateCore
import GateEngine

/// What a client begins an HTTP/2 connection with.
enum HTTP2Preface {
    enum Comparison { case other, partial, whole }

    static let firstByte = UInt8(ascii: "P")
    private static let text: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// Whether `bytes` begin with it, or may yet.
    static func compare(_ bytes: Span<UInt8>) -> Comparison {
        let count = text.utf8CodeUnitCount
        for i in 0..<min(count, bytes.count) where unsafe text.utf8Start[i] != bytes[i] { return .other }
        return bytes.count < count ? .partial : .whole
    }
}

extension HTTP1ClientConnection {
    /// The client speaks HTTP/2: who understands it takes the connection over. `bytes`: what was read from the preface on.
    func becomeHTTP2(_ bytes: Span<UInt8>) {
        var pending = worker.pool.take()
        pending.append(bytes)
        state = .closed
        out.release(worker.pool)
        HTTP2ClientConnection.takeOver(
            socket, listener: listener, facts: facts, seat: seat, tls: nil, pending: pending, isDraining: isDraining)
    }
}
