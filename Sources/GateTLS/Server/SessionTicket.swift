import CNIOBoringSSL

/// What a session's ticket may carry. It holds the client's chain, so that a resumed session still knows who the client is.
enum SessionTicket {
    /// Bytes of a client's chain at most. With TLS 1.3 two tickets leave together with the first record of the answer, in a
    /// buffer of 64 KiB; what does not fit there is an error of the library's that ends the connection. And clients
    /// would have to send so much with every hello.
    static let chainBytesMax = 16 << 10

    /// Whether the session of a handshake that is being finished may become a ticket. Without one the next connection shakes
    /// hands in full.
    static func fits(_ ssl: OpaquePointer?) -> Bool {
        guard let chain = SSL_get0_peer_certificates(ssl) else { return true }
        var bytes = 0
        for index in 0..<sk_CRYPTO_BUFFER_num(chain) {
            bytes += CRYPTO_BUFFER_len(sk_CRYPTO_BUFFER_value(chain, index))
        }
        return bytes <= chainBytesMax
    }
}
