// What a client says first (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2), as far as somebody must know it who does not answer it.

internal import GateCore

/// What a ClientHello asks for in clear.
public struct ClientHello: Equatable, Sendable {
    /// The name that the client wants to reach (RFC 6066 §3), in lower case and without a dot at its end; nil without one.
    public var serverName: String?
    /// The application protocols that it offers (RFC 7301 §3.1), in its order.
    public var protocols: [String] = []

    public init(serverName: String? = nil, protocols: [String] = []) {
        self.serverName = serverName
        self.protocols = protocols
    }
}

extension ClientHello {
    private enum ExtensionType {
        static let serverName: UInt16 = 0
        static let applicationProtocols: UInt16 = 16
    }

    /// Reads a message's body, behind its type and length; nil if it breaks the form. O(n).
    init?(body: [UInt8]) {
        self.init()
        var input = TLSFields(body[...])
        // legacy_version and random.
        guard input.skip(34), let session = input.vector8(), session.count <= 32, let suites = input.vector16(),
            suites.count >= 2, suites.count.isMultiple(of: 2), let compression = input.vector8(), !compression.isEmpty
        else { return nil }
        // TLS 1.2 knows hellos without extensions.
        if input.isEmpty { return }
        guard let extensions = input.vector16(), input.isEmpty, read(TLSFields(extensions)) else { return nil }
    }

    private mutating func read(_ list: TLSFields) -> Bool {
        var list = list
        var seen: Set<UInt16> = []
        while !list.isEmpty {
            guard let type = list.number16(), let content = list.vector16() else { return false }
            // RFC 8446 §4.2: each type once.
            guard seen.insert(type).inserted else { return false }
            switch type {
            case ExtensionType.serverName: guard readName(TLSFields(content)) else { return false }
            case ExtensionType.applicationProtocols: guard readProtocols(TLSFields(content)) else { return false }
            default: break
            }
        }
        return true
    }

    /// RFC 6066 §3: names by type, of which only host names are defined, and one of each type.
    private mutating func readName(_ content: TLSFields) -> Bool {
        var content = content
        guard let list = content.vector16(), content.isEmpty, !list.isEmpty else { return false }
        var names = TLSFields(list)
        while !names.isEmpty {
            guard let type = names.number8(), let name = names.vector16() else { return false }
            guard type == 0 else { continue }
            guard serverName == nil, (1...255).contains(name.count), name.allSatisfy({ (0x21...0x7E).contains($0) })
            else { return false }
            serverName = HostName.plain(String(decoding: name, as: UTF8.self))
        }
        return true
    }

    private mutating func readProtocols(_ content: TLSFields) -> Bool {
        var content = content
        guard let list = content.vector16(), content.isEmpty, !list.isEmpty else { return false }
        var names = TLSFields(list)
        while !names.isEmpty {
            guard let name = names.vector8(), !name.isEmpty else { return false }
            protocols.append(String(decoding: name, as: UTF8.self))
        }
        return true
    }
}

/// Numbers and vectors as TLS writes them (RFC 8446 §3.4): big-endian, each vector behind its length. Every read is checked.
struct TLSFields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    mutating func number8() -> UInt8? { rest.popFirst() }

    mutating func number16() -> UInt16? {
        guard let bytes = take(2) else { return nil }
        return UInt16(bytes[bytes.startIndex]) << 8 | UInt16(bytes[bytes.startIndex + 1])
    }

    /// A vector whose length is one byte.
    mutating func vector8() -> ArraySlice<UInt8>? { number8().flatMap { take(Int($0)) } }

    /// A vector whose length is two bytes.
    mutating func vector16() -> ArraySlice<UInt8>? { number16().flatMap { take(Int($0)) } }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
