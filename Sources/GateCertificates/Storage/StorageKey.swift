/// The name of a blob or a lock in a `CertificateStorage`: a path of parts that are safe as names of files.
public struct StorageKey: Sendable, Hashable, CustomStringConvertible {
    /// 1...8 parts of 1...200 letters, digits, `.`, `-`, `_` each; none begins with a dot.
    public let parts: [String]

    /// The bytes of one part at most: what file systems take, less what temporary files add.
    static let partBytesMax = 200
    static let partsMax = 8

    /// Takes a path such as `acme/account.json` apart; nil when a part is not safe.
    public init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= Self.partsMax, parts.allSatisfy(Self.isSafe) else { return nil }
        self.parts = parts
    }

    private init(parts: [String]) {
        precondition(parts.count <= Self.partsMax)
        self.parts = parts
    }

    /// The key of something below this one. Any text will do: what is not safe is replaced, so different texts may come to
    /// the same key.
    public func appending(_ text: String) -> StorageKey { StorageKey(parts: parts + [Self.safe(text)]) }

    /// The parts with `/` between them.
    public var description: String { parts.joined(separator: "/") }

    private static func isSafe(_ part: String) -> Bool {
        (1...partBytesMax).contains(part.utf8.count) && !part.hasPrefix(".") && part.utf8.allSatisfy(isSafe)
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: ".-_".utf8.contains(byte)
        }
    }

    private static func safe(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8.prefix(partBytesMax) {
            let isHidden = bytes.isEmpty && byte == UInt8(ascii: ".")
            bytes.append(isSafe(byte) && !isHidden ? byte : UInt8(ascii: "_"))
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }
}
