// What the machine itself says of names: /etc/hosts and /etc/resolv.conf.

import GateCore
import Glibc

/// The part of resolv.conf(5) that matters.
struct ResolverFile: Equatable {
    var servers: [SocketAddress] = []
    var search: [String] = []
    /// Names with fewer dots are tried with the search list first.
    var dotsMin = 1

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let first = words.first, !first.hasPrefix("#"), !first.hasPrefix(";") else { continue }
            switch first {
            case "nameserver":
                // A zone (`%eth0`) is left out: link-local servers need one, and are passed over.
                if words.count > 1, let address = IPAddress(words[1]) { servers.append(.ip(address, port: 53)) }
            case "search", "domain": search = words.dropFirst().map { $0.lowercased() }
            case "options":
                for option in words.dropFirst() where option.hasPrefix("ndots:") {
                    dotsMin = Int(option.dropFirst(6)) ?? dotsMin
                }
            default: break
            }
        }
        if servers.isEmpty { servers = [.ip(.loopbackIPv4, port: 53)] }
    }

    static func read() -> ResolverFile { ResolverFile(SystemFile.text("/etc/resolv.conf") ?? "") }

    /// The names to ask for, in order.
    func candidates(_ name: String) -> [String] {
        let dots = name.utf8.count { $0 == UInt8(ascii: ".") }
        let longer = search.filter { !$0.isEmpty && $0 != "." }.map { "\(name).\($0)" }
        return dots >= dotsMin ? [name] + longer : longer + [name]
    }
}

/// The names in /etc/hosts.
struct HostsFile: Equatable {
    private var addresses: [String: [IPAddress]] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count > 1, let address = IPAddress(words[0]) else { continue }
            for name in words.dropFirst() { addresses[name.lowercased(), default: []].append(address) }
        }
    }

    static func read() -> HostsFile { HostsFile(SystemFile.text("/etc/hosts") ?? "") }

    /// RFC 6761 §6.3: localhost is this host, whatever else is known.
    func addresses(of name: String) -> [IPAddress]? {
        if let found = addresses[name] { return found }
        return name == "localhost" || name.hasSuffix(".localhost") ? [.loopbackIPv4] : nil
    }
}

enum SystemFile {
    private static let bytesMax = 1 << 20

    /// The file's text; nil when it cannot be read.
    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < bytesMax {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
