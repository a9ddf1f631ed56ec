// How the library gets at the socket: a BIO of our own, whose calls end in the layer.

import CNIOBoringSSL

enum RecordTransport {
    // Safe: made once, and never changed afterwards.
    nonisolated(unsafe) private static let method: OpaquePointer = {
        let method = BIO_meth_new(0, "gatehouse")!
        BIO_meth_set_read(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0 else { return -1 }
            let room = UnsafeMutableRawBufferPointer(start: bytes, count: Int(count))
            return withLayer(of: bio) { $0.provide(room, bio) }
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0 else { return -1 }
            let record = UnsafeRawBufferPointer(start: bytes, count: Int(count))
            return withLayer(of: bio) { $0.send(record, bio) }
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

    /// Calls `body` with the BIO's layer, without counting references.
    @inline(__always)
    private static func withLayer(of bio: OpaquePointer, _ body: (TLSLayer) -> Int32) -> Int32 {
        guard let pointer = BIO_get_data(bio) else { return -1 }
        // Safe: the layer frees the SSL, and with it the BIO, before it goes.
        return Unmanaged<TLSLayer>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
    }
}
