// Asks name servers, over UDP and where answers are cut over TCP (RFC 7766). It blocks: never on a worker.

import CGateLinux
import GateCore
import GateEngine
import Glibc

/// What came of a question.
enum DNSOutcome: Sendable, Equatable {
    /// Records, and for how many seconds they hold.
    case records([DNSRecord.Value], seconds: UInt32)
    /// There is no such name, or it has no such records.
    case nothing(seconds: UInt32?)
    /// Nobody answered, or not properly.
    case failed(String)
}

/// Asks a list of servers one after the other.
struct DNSClient: Sendable {
    var servers: [SocketAddress]
    /// For each server and round.
    var timeoutMs = 2000
    /// Rounds through the servers.
    var attempts = 2
    /// Asked now and then; when it answers false the rest is given up.
    var isWanted: @Sendable () -> Bool = { true }

    /// Aliases that are followed.
    private static let aliasesMax = 8
    private static let lookMs: UInt64 = 100

    func ask(_ question: DNSQuestion) -> DNSOutcome {
        var failure = "there is no name server"
        for _ in 0..<attempts {
            for server in servers {
                switch exchange(question, server) {
                case .success(let answer):
                    if answer.code == .noError || answer.code == .noSuchName { return outcome(answer, question) }
                    failure = "\(server) says \(answer.code)"
                case .failure(let problem): failure = "\(server) \(problem.words)"
                }
            }
        }
        return .failed(failure)
    }

    /// The records at the end of the chain of aliases.
    private func outcome(_ answer: DNSAnswer, _ question: DNSQuestion) -> DNSOutcome {
        var name = question.name
        var seconds = UInt32.max
        for _ in 0...Self.aliasesMax {
            let own = answer.records.filter { $0.name == name }
            let values = own.filter { matches($0.value, question.type) }
            if !values.isEmpty {
                return .records(values.map(\.value), seconds: values.map(\.seconds).reduce(seconds, min))
            }
            guard let alias = own.first, case .alias(let target) = alias.value else { break }
            seconds = min(seconds, alias.seconds)
            name = target
        }
        return .nothing(seconds: answer.negativeSeconds)
    }

    private func matches(_ value: DNSRecord.Value, _ type: DNSType) -> Bool {
        switch value {
        case .address(let address): type == (address.isIPv4 ? .a : .aaaa)
        case .alias: false
        case .service: type == .srv
        }
    }

    // MARK: One server

    private struct Problem: Error { var words: String }

    private func exchange(_ question: DNSQuestion, _ server: SocketAddress) -> Result<DNSAnswer, Problem> {
        let id = UInt16.random(in: 0...UInt16.max)
        guard let query = DNSMessage.query(question, id: id) else { return .failure(Problem(words: "cannot be asked")) }
        let deadline = Clock.monotonicNs() / 1_000_000 + UInt64(timeoutMs)
        let answer = datagram(query, server, deadline) { DNSMessage.answer($0, to: question, id: id) }
        guard case .success(let got) = answer, got.isTruncated else { return answer }
        return stream(query, server, deadline) { DNSMessage.answer($0, to: question, id: id) }
    }

    /// The kernel picks another port each time, so that nobody can foresee where the answer is awaited.
    private func datagram(
        _ query: [UInt8], _ server: SocketAddress, _ deadlineMs: UInt64, _ read: ([UInt8]) -> DNSAnswer?
    ) -> Result<DNSAnswer, Problem> {
        var address = server.kernelForm
        let descriptor = Int32(gate_connect_datagram(&address))
        guard descriptor >= 0 else { return .failure(Problem(words: "cannot be reached")) }
        defer { close(descriptor) }
        guard send(descriptor, query, query.count, Int32(MSG_NOSIGNAL)) == query.count else {
            return .failure(Problem(words: "cannot be reached"))
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while wait(descriptor, POLLIN, deadlineMs) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return .failure(Problem(words: "refuses")) }
            // What is no answer to this question may be somebody's guess: the true one may still come.
            if let answer = read(Array(buffer[..<count])) { return .success(answer) }
        }
        return .failure(Problem(words: "did not answer within \(timeoutMs) ms"))
    }

    private func stream(
        _ query: [UInt8], _ server: SocketAddress, _ deadlineMs: UInt64, _ read: ([UInt8]) -> DNSAnswer?
    ) -> Result<DNSAnswer, Problem> {
        var address = server.kernelForm
        var descriptor: Int32 = -1
        let begun = gate_connect(&address, &descriptor)
        guard descriptor >= 0 else { return .failure(Problem(words: "refuses TCP")) }
        defer { close(descriptor) }
        guard begun == 0 || wait(descriptor, POLLOUT, deadlineMs), gate_socket_error(descriptor) == 0 else {
            return .failure(Problem(words: "refuses TCP"))
        }
        let framed = [UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query
        guard send(descriptor, framed, framed.count, Int32(MSG_NOSIGNAL)) == framed.count,
            let head = receive(2, descriptor, deadlineMs),
            let body = receive(Int(head[0]) << 8 | Int(head[1]), descriptor, deadlineMs), let answer = read(body)
        else { return .failure(Problem(words: "answers badly over TCP")) }
        return .success(answer)
    }

    private func receive(_ count: Int, _ descriptor: Int32, _ deadlineMs: UInt64) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: max(count, 1))
        while bytes.count < count {
            guard wait(descriptor, POLLIN, deadlineMs) else { return nil }
            let got = recv(descriptor, &buffer, count - bytes.count, 0)
            guard got > 0 else { return nil }
            bytes += buffer[..<got]
        }
        return bytes
    }

    private func wait(_ descriptor: Int32, _ events: Int32, _ deadlineMs: UInt64) -> Bool {
        while isWanted() {
            let nowMs = Clock.monotonicNs() / 1_000_000
            guard nowMs < deadlineMs else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            if poll(&entry, 1, Int32(min(deadlineMs - nowMs, Self.lookMs))) > 0 { return true }
        }
        return false
    }
}
