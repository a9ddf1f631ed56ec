// The digest that RFC 6455 asks for. It protects nothing there: a server shows that it has read the handshake.

internal import CNIOBoringSSL

/// SHA-1, for protocols that demand it by name.
public enum LegacyDigest {
    /// The 20 bytes of the digest.
    public static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        SHA1(bytes, bytes.count, &digest)
        return digest
    }
}
