// How the library gets at the socket: a BIO of our own, whose calls end in the layer.

import CNIOBoringSSL

enum RecordTransport {
    // Safe: made once, and never changed afterwards.
    nonisolated(unsafe) private static let method: OpaquePointer = {
        let method = BIO_meth_new(0, "gatehouse")!
        BIO_meth_set_read(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0, let layer = layer(of: bio) else { return -1 }
            // A flag of an earlier call would make a wait of an error.
            BIO_clear_retry_flags(bio)
            return layer.provide(UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)), bio)
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0, let layer = layer(of: bio) else { return -1 }
            BIO_clear_retry_flags(bio)
            return layer.send(UnsafeRawBufferPointer(start: bytes, count: Int(count)), bio)
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()

    /// Connects an SSL with its layer, which outlives it.
    static func connect(_ ssl: OpaquePointer, to layer: TLSLayer) {
        guard let bio = BIO_new(method) else { return }
        BIO_set_data(bio, Unmanaged.passUnretained(layer).toOpaque())
        BIO_set_init(bio, 1)
        SSL_set_bio(ssl, bio, bio)
    }

    private static func layer(of bio: OpaquePointer) -> TLSLayer? {
        // Safe: the layer frees the SSL, and with it the BIO, before it goes.
        BIO_get_data(bio).map { Unmanaged<TLSLayer>.fromOpaque($0).takeUnretainedValue() }
    }
}
