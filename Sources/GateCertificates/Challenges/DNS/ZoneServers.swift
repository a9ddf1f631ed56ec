// Whether the servers of a zone show a record already. The zone's own servers are asked, not a cache: a cache would keep
// "no" for minutes.

import GateCore
import Glibc

/// The name servers that an authority will ask in the end.
struct ZoneServers: Sendable {
    /// Those that are known beforehand; empty: they are looked up.
    var fixed: [SocketAddress] = []
    /// Whom to ask for zones and addresses; empty: those of /etc/resolv.conf.
    var resolvers: [SocketAddress] = []

    /// Servers of a zone that are asked at most, with an address of each kind.
    private static let serversMax = 8

    /// Whether all servers show this text; nil when none could be asked.
    func show(_ name: String, _ value: String) async -> Bool? {
        let servers = fixed.isEmpty ? await lookUp(name) : fixed
        var answers: [Bool] = []
        for server in servers {
            guard let reply = await ask(name, DNSNumber.txt, server, isRecursive: false) else { continue }
            answers.append(reply.answers.contains { $0.type == DNSNumber.txt && Self.text($0.data) == value })
        }
        return answers.isEmpty ? nil : answers.allSatisfy { $0 }
    }

    /// A TXT record's strings as one (RFC 7208 §3.3 has the same rule).
    private static func text(_ data: [UInt8]) -> String {
        var bytes: [UInt8] = []
        var reader = DNSReader(data)
        while let length = reader.take(1), let part = reader.take(Int(length[0])) { bytes += part }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Looking up

    /// The zone begins at the longest end of the name that has NS records.
    private func lookUp(_ name: String) async -> [SocketAddress] {
        let resolvers = resolvers.isEmpty ? Self.systemResolvers() : resolvers
        guard let resolver = resolvers.first else { return [] }
        var rest = name[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            guard rest.contains(".") else { break }
            let names = await values(String(rest), DNSNumber.ns, resolver)
            if !names.isEmpty { return await addresses(names, resolver) }
        }
        return []
    }

    private func addresses(_ names: [String], _ resolver: SocketAddress) async -> [SocketAddress] {
        var servers: [SocketAddress] = []
        for name in names.prefix(Self.serversMax) {
            for type in [DNSNumber.a, DNSNumber.aaaa] {
                guard let address = await values(name, type, resolver).first.flatMap({ IPAddress($0) }) else {
                    continue
                }
                servers.append(.ip(address, port: 53))
                break
            }
        }
        return servers
    }

    private func values(_ name: String, _ type: UInt16, _ resolver: SocketAddress) async -> [String] {
        guard let (reply, bytes) = await answer(name, type, resolver, isRecursive: true) else { return [] }
        return reply.answers.filter { $0.type == type }.compactMap { record in
            switch type {
            case DNSNumber.a where record.data.count == 4:
                return record.data.map { "\($0)" }.joined(separator: ".")
            case DNSNumber.aaaa: return Identifier.address(record.data).map { "\($0)" }
            case DNSNumber.ns:
                // A name may point to what stands before it in the message.
                var reader = DNSReader(bytes)
                _ = reader.take(record.dataStart)
                return reader.name()
            default: return nil
            }
        }
    }

    private func ask(_ name: String, _ type: UInt16, _ server: SocketAddress, isRecursive: Bool) async -> DNSReply? {
        await answer(name, type, server, isRecursive: isRecursive)?.reply
    }

    private func answer(
        _ name: String, _ type: UInt16, _ server: SocketAddress, isRecursive: Bool
    ) async -> (reply: DNSReply, bytes: [UInt8])? {
        var message = DNSWriter()
        message.number16(UInt16.random(in: 0...UInt16.max))
        message.number16(isRecursive ? 0x0100 : 0)
        for count in [1, 0, 0, 0] as [UInt16] { message.number16(count) }
        guard (try? message.name(name)) != nil else { return nil }
        message.number16(type)
        message.number16(DNSNumber.internet)
        guard let bytes = try? await DNSExchange(server: server).ask(message.bytes), let reply = DNSReply(bytes),
            reply.code == 0 || reply.code == 3
        else { return nil }
        return (reply, bytes)
    }

    private static func systemResolvers() -> [SocketAddress] {
        guard let file = fopen("/etc/resolv.conf", "re") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count > 1, words[0] == "nameserver" else { return nil }
            return IPAddress(words[1]).map { .ip($0, port: 53) }
        }
    }
}
