// One message to a name server and its answer, over UDP and where that fails over TCP. It blocks, so it runs on a thread
// of its own.

import CGateLinux
import Dispatch
import GateCore
import GateEngine
import Glibc

/// Asks a name server.
struct DNSExchange: Sendable {
    let server: SocketAddress
    /// For each try.
    var timeoutMs: UInt64 = 3000

    /// Datagrams that are sent before TCP is tried.
    private static let datagrams = 2

    /// The answer to a message, whose first two bytes are its number, as bytes.
    /// - Throws: `DNSFailure` when there is none.
    func ask(_ message: [UInt8]) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try askNow(message) })
            }
        }
    }

    private func askNow(_ message: [UInt8]) throws -> [UInt8] {
        for _ in 0..<Self.datagrams {
            guard let answer = datagram(message) else { continue }
            if DNSReply(answer)?.isTruncated == false { return answer }
            break
        }
        if let answer = stream(message) { return answer }
        throw DNSFailure("\(server) does not answer")
    }

    private func isAnswer(_ answer: [UInt8], to message: [UInt8]) -> Bool {
        answer.count >= 12 && answer[..<2] == message[..<2] && DNSReply(answer) != nil
    }

    private func datagram(_ message: [UInt8]) -> [UInt8]? {
        var address = server.kernelForm
        let descriptor = Int32(gate_connect_datagram(&address))
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let deadline = self.deadline
        guard send(descriptor, message, message.count, Int32(MSG_NOSIGNAL)) == message.count else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while wait(descriptor, POLLIN, deadline) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return nil }
            // What is no answer to this may be somebody's guess: the true one may still come.
            let answer = Array(buffer[..<count])
            if isAnswer(answer, to: message) { return answer }
        }
        return nil
    }

    private func stream(_ message: [UInt8]) -> [UInt8]? {
        var address = server.kernelForm
        var descriptor: Int32 = -1
        let begun = gate_connect(&address, &descriptor)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let deadline = self.deadline
        guard begun == 0 || wait(descriptor, POLLOUT, deadline), gate_socket_error(descriptor) == 0 else { return nil }
        let framed = [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
        guard send(descriptor, framed, framed.count, Int32(MSG_NOSIGNAL)) == framed.count,
            let head = receive(2, descriptor, deadline),
            let answer = receive(Int(head[0]) << 8 | Int(head[1]), descriptor, deadline), isAnswer(answer, to: message)
        else { return nil }
        return answer
    }

    private func receive(_ count: Int, _ descriptor: Int32, _ deadline: UInt64) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: max(count, 1))
        while bytes.count < count {
            guard wait(descriptor, POLLIN, deadline) else { return nil }
            let got = recv(descriptor, &buffer, count - bytes.count, 0)
            guard got > 0 else { return nil }
            bytes += buffer[..<got]
        }
        return bytes
    }

    private var deadline: UInt64 { Clock.monotonicNs() / 1_000_000 + timeoutMs }

    private func wait(_ descriptor: Int32, _ events: Int32, _ deadline: UInt64) -> Bool {
        let nowMs = Clock.monotonicNs() / 1_000_000
        guard nowMs < deadline else { return false }
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, Int32(deadline - nowMs)) > 0
    }
}
