import CNIOBoringSSL

/// The library that does the cryptography and the handshakes: BoringSSL, as it comes with swift-nio-ssl.
public enum TLSLibrary {
    /// Its API's version, a number that grows with incompatible changes.
    public static var apiVersion: Int { Int(BORINGSSL_API_VERSION) }
}
