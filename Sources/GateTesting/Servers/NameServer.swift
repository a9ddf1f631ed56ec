// A small name server for tests: answers what it is told to, over UDP and, where an answer is marked as cut, over TCP.

internal import CGateLinux
public import GateCore
internal import Glibc

/// A DNS server on a port of the loopback.
public final class NameServer: Sendable {
    /// What is answered to one question.
    public enum Reply: Sendable {
        /// Records of the type that was asked for, for so many seconds.
        case addresses([IPAddress], seconds: UInt32 = 0)
        /// Priority, weight, port and target.
        case services([(priority: UInt16, weight: UInt16, port: UInt16, target: String)], seconds: UInt32 = 0)
        /// Another name, and its addresses in the same answer.
        case alias(String, [IPAddress], seconds: UInt32 = 0)
        /// An answer with this code: 2 is a failure, 3 "no such name".
        case code(UInt8)
        /// Addresses over TCP; over UDP only the word that they are cut.
        case cut([IPAddress])
        /// No answer at all.
        case silence
        /// These bytes behind the question's id.
        case garbage([UInt8])
    }

    public let address: SocketAddress
    private let datagrams: Int32
    private let streams: Int32
    private let state = Monitor(State())

    private struct State: Sendable {
        var replies: [String: Reply] = [:]
        var questions: [String] = []
        var isStopping = false
        var running = 2
    }

    public init() throws {
        var bound: (Int32, Int32, UInt16)?
        // The same port for both, as clients expect it.
        for _ in 0..<32 where bound == nil {
            var any = SocketAddress.ip(.loopbackIPv4, port: 0).system
            let stream = Int32(gate_listen(&any, 16, 0, 0))
            guard stream >= 0 else { throw SystemFailure("listen", -stream) }
            let port = gate_local_address(stream).port
            var own = SocketAddress.ip(.loopbackIPv4, port: port).system
            let datagram = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            if withSockaddr(&own, { bind(datagram, $0, $1) }) == 0 {
                bound = (datagram, stream, port)
            } else {
                close(datagram)
                close(stream)
            }
        }
        guard let bound else { throw SystemFailure("bind") }
        (datagrams, streams) = (bound.0, bound.1)
        address = .ip(.loopbackIPv4, port: bound.2)
        let server = self
        _ = Thread { server.serveDatagrams() }
        _ = Thread { server.serveStreams() }
    }

    deinit {
        close(datagrams)
        close(streams)
    }

    /// What is answered from now on. `type`: `A`, `AAAA` or `SRV`.
    public func set(_ name: String, _ type: String, _ reply: Reply?) {
        state.update { $0.replies["\(name) \(type)"] = reply }
    }

    /// Questions so far, as `name type`.
    public var questions: [String] { state.current.questions }

    public func stop() {
        state.update { $0.isStopping = true }
        _ = state.wait(within: .seconds(5)) { $0.running == 0 ? true : nil }
    }

    private func serveDatagrams() {
        var buffer = [UInt8](repeating: 0, count: 2048)
        while waitForInput(datagrams) {
            var from = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let count = withUnsafeMutablePointer(to: &from) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(datagrams, &buffer, buffer.count, 0, $0, &length)
                }
            }
            guard count > 0, let reply = answer(Array(buffer[..<count]), overStream: false) else { continue }
            _ = withUnsafePointer(to: &from) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(datagrams, reply, reply.count, 0, $0, length)
                }
            }
        }
        state.update { $0.running -= 1 }
    }

    private func serveStreams() {
        while waitForInput(streams) {
            var from = gate_address()
            let descriptor = gate_accept(streams, &from)
            guard descriptor >= 0 else { continue }
            let connection = RawConnection(taking: Int32(descriptor))
            if let head = try? connection.read(exactly: 2),
                let query = try? connection.read(exactly: Int(head[0]) << 8 | Int(head[1])),
                let reply = answer(query, overStream: true)
            {
                try? connection.send([UInt8(reply.count >> 8), UInt8(reply.count & 0xFF)] + reply)
            }
            connection.close()
        }
        state.update { $0.running -= 1 }
    }

    private func waitForInput(_ descriptor: Int32) -> Bool {
        while !state.current.isStopping {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, 20) > 0 { return true }
        }
        return false
    }

    // MARK: Answers

    private func answer(_ query: [UInt8], overStream: Bool) -> [UInt8]? {
        guard let (name, type, end) = question(query) else { return nil }
        let typeName = [1: "A", 28: "AAAA", 33: "SRV"][type] ?? "\(type)"
        let reply = state.update { state in
            state.questions.append("\(name) \(typeName)")
            return state.replies["\(name) \(typeName)"]
        }
        let question = Array(query[12..<end])
        let id = Array(query[..<2])
        switch reply {
        case nil: return id + header(code: 0) + question
        case .silence: return nil
        case .garbage(let bytes): return id + bytes
        case .code(let code): return id + header(code: code) + question
        case .addresses(let addresses, let seconds):
            var result = id + header(answers: addresses.count) + question
            for address in addresses { result += record([0xC0, 12], type, seconds, data(address)) }
            return result
        case .cut(let addresses):
            if !overStream { return id + header(isCut: true) + question }
            var result = id + header(answers: addresses.count) + question
            for address in addresses { result += record([0xC0, 12], type, 0, data(address)) }
            return result
        case .alias(let target, let addresses, let seconds):
            var result = id + header(answers: addresses.count + 1) + question
            result += record([0xC0, 12], 5, seconds, encoded(target))
            for address in addresses { result += record(encoded(target), type, seconds, data(address)) }
            return result
        case .services(let places, let seconds):
            var result = id + header(answers: places.count) + question
            for place in places {
                let numbers = bytes(place.priority) + bytes(place.weight) + bytes(place.port)
                result += record([0xC0, 12], type, seconds, numbers + encoded(place.target))
            }
            return result
        }
    }

    private func question(_ query: [UInt8]) -> (name: String, type: Int, end: Int)? {
        var labels: [String] = []
        var at = 12
        while at < query.count, query[at] != 0 {
            let end = at + 1 + Int(query[at])
            guard end < query.count else { return nil }
            labels.append(String(decoding: query[(at + 1)..<end], as: UTF8.self))
            at = end
        }
        guard at + 4 < query.count else { return nil }
        return (labels.joined(separator: "."), Int(query[at + 1]) << 8 | Int(query[at + 2]), at + 5)
    }

    private func header(answers: Int = 0, code: UInt8 = 0, isCut: Bool = false) -> [UInt8] {
        let flags: [UInt8] = [isCut ? 0x83 : 0x81, 0x80 | code]
        return flags + bytes(1) + bytes(UInt16(answers)) + [0, 0, 0, 0]
    }

    private func record(_ name: [UInt8], _ type: Int, _ seconds: UInt32, _ data: [UInt8]) -> [UInt8] {
        var result = name
        for number in [UInt16(type), 1, UInt16(seconds >> 16), UInt16(seconds & 0xFFFF), UInt16(data.count)] {
            result += bytes(number)
        }
        return result + data
    }

    private func data(_ address: IPAddress) -> [UInt8] {
        if address.isIPv4 { return bytes(UInt16(address.v4 >> 16)) + bytes(UInt16(address.v4 & 0xFFFF)) }
        var result: [UInt8] = []
        for half in [address.high, address.low] {
            for shift in [48, 32, 16, 0] as [UInt64] { result += bytes(UInt16(half >> shift & 0xFFFF)) }
        }
        return result
    }

    private func encoded(_ name: String) -> [UInt8] {
        var result: [UInt8] = []
        for label in name.split(separator: ".") { result += [UInt8(label.utf8.count)] + Array(label.utf8) }
        return result + [0]
    }

    private func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
}
