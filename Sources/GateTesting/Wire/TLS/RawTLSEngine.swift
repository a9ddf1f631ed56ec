// BoringSSL between two memory buffers: what the wire brings goes in, what is for the wire comes out. It is used apart
// from the product's own TLS on purpose.

internal import CNIOBoringSSL
internal import Glibc
internal import Synchronization

/// One end of a TLS connection. Not thread safe.
struct RawTLSEngine: ~Copyable {
    /// What an operation came to.
    enum Outcome {
        /// As many bytes were moved; 1 for a handshake.
        case done(Int)
        case needsInput
        /// close_notify has come.
        case ended
        case failed(WireFailure.Kind)
    }

    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    let notes: RawTLSNotes

    init(_ options: RawTLSOptions, notes: RawTLSNotes) throws {
        self.notes = notes
        context = SSL_CTX_new(TLS_method())
        ssl = try Self.make(options, context)
        input = BIO_new(BIO_s_mem())
        output = BIO_new(BIO_s_mem())
        SSL_set_bio(ssl, input, output)
        listen()
        if options.isServer { SSL_set_accept_state(ssl) } else { SSL_set_connect_state(ssl) }
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    private static func make(_ options: RawTLSOptions, _ context: OpaquePointer) throws -> OpaquePointer {
        do {
            try options.apply(to: context)
            let ssl: OpaquePointer = SSL_new(context)
            do { try options.apply(to: ssl, of: context) } catch {
                SSL_free(ssl)
                throw error
            }
            return ssl
        } catch {
            SSL_CTX_free(context)
            throw error
        }
    }

    /// Sessions and messages go to the notes, which live as long as the engine.
    private func listen() {
        let me = Unmanaged.passUnretained(notes).toOpaque()
        SSL_set_ex_data(ssl, 0, me)
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL)
        SSL_CTX_sess_set_new_cb(context) { ssl, session in
            RawTLSNotes.of(ssl).add(session: session)
            return 0
        }
        SSL_set_msg_callback(ssl) { isWrite, _, type, bytes, count, ssl, _ in
            guard isWrite == 0, let bytes else { return }
            RawTLSNotes.of(ssl).add(type, UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    // MARK: Bytes

    /// Takes what the wire brought.
    func feed(_ bytes: [UInt8]) {
        let taken = bytes.withUnsafeBytes { BIO_write(input, $0.baseAddress, Int32($0.count)) }
        precondition(taken == bytes.count || bytes.isEmpty)
    }

    /// Whether something is for the wire.
    var hasOutput: Bool { BIO_pending(output) > 0 }

    /// What is for the wire.
    func takeOutput() -> [UInt8] {
        let count = BIO_pending(output)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = Int(BIO_read(output, buffer.baseAddress, Int32(count)))
        }
    }

    // MARK: Operations

    func handshake() -> Outcome { outcome { SSL_do_handshake(ssl) } }

    func write(_ bytes: ArraySlice<UInt8>) -> Outcome {
        outcome { bytes.withUnsafeBytes { SSL_write(ssl, $0.baseAddress, Int32($0.count)) } }
    }

    func read(into bytes: inout [UInt8]) -> Outcome {
        outcome { bytes.withUnsafeMutableBytes { SSL_read(ssl, $0.baseAddress, Int32($0.count)) } }
    }

    /// Adds close_notify.
    func notifyEnd() {
        ERR_clear_error()
        SSL_shutdown(ssl)
    }

    /// Changes the own keys, and asks for the other side's new ones (RFC 8446 §4.6.3).
    func updateKeys() {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
        // A write of nothing brings it to the wire.
        _ = SSL_write(ssl, nil, 0)
        ERR_clear_error()
    }

    private func outcome(_ body: () -> Int32) -> Outcome {
        ERR_clear_error()
        let result = body()
        if result > 0 { return .done(Int(result)) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_EARLY_DATA_REJECTED:
            SSL_reset_early_data_reject(ssl)
            return .failed(.tls("early data rejected"))
        default: return .failed(failure)
        }
    }

    private var failure: WireFailure.Kind {
        if let alert = notes.fatalAlert { return .alert(alert) }
        let code = ERR_get_error()
        return .tls(ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)")
    }

    // MARK: Facts

    var version: RawTLSVersion? { RawTLSVersion(rawValue: UInt16(SSL_version(ssl))) }

    /// The suite's name in RFCs.
    var suite: String {
        SSL_get_current_cipher(ssl).flatMap { SSL_CIPHER_standard_name($0) }.map { String(cString: $0) } ?? ""
    }

    var group: String { SSL_get_group_name(SSL_get_group_id(ssl)).map { String(cString: $0) } ?? "" }

    var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    var isEarly: Bool { SSL_in_early_data(ssl) == 1 }

    var isEarlyDataAccepted: Bool { SSL_early_data_accepted(ssl) == 1 }

    /// The name that the client asked for.
    var requestedName: String? {
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    /// The application protocol that was agreed upon.
    var negotiatedProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self) }
    }

    /// The OCSP response that came with the certificate.
    var staple: [UInt8] {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        SSL_get0_ocsp_response(ssl, &bytes, &count)
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// The other side's certificates in DER, leaf first.
    var peerChain: [[UInt8]] {
        guard let chain = SSL_get0_peer_certificates(ssl) else { return [] }
        return (0..<sk_CRYPTO_BUFFER_num(chain)).map { index in
            let buffer = sk_CRYPTO_BUFFER_value(chain, index)
            return Array(UnsafeBufferPointer(start: CRYPTO_BUFFER_data(buffer), count: CRYPTO_BUFFER_len(buffer)))
        }
    }
}

/// What BoringSSL tells meanwhile.
final class RawTLSNotes: Sendable {
    private let state = Mutex(State())

    private struct State {
        var sessions: [RawTLSSession] = []
        var messages: [UInt8] = []
        var fatalAlert: UInt8?
    }

    /// Sessions that the server gave.
    var sessions: [RawTLSSession] { state.withLock { $0.sessions } }
    /// Types of handshake messages that came, in order (RFC 8446 §4).
    var messages: [UInt8] { state.withLock { $0.messages } }
    /// The alert with which the other side gave up (RFC 8446 §6.2).
    var fatalAlert: UInt8? { state.withLock { $0.fatalAlert } }

    static func of(_ ssl: OpaquePointer?) -> RawTLSNotes {
        Unmanaged<RawTLSNotes>.fromOpaque(SSL_get_ex_data(ssl, 0)).takeUnretainedValue()
    }

    func add(session: OpaquePointer?) {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard SSL_SESSION_to_bytes(session, &bytes, &count) == 1, let bytes else { return }
        defer { OPENSSL_free(bytes) }
        let copy = RawTLSSession(bytes: Array(UnsafeBufferPointer(start: bytes, count: count)))
        state.withLock { $0.sessions.append(copy) }
    }

    func add(_ type: Int32, _ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let second = bytes.count > 1 ? bytes[1] : 0
        state.withLock { state in
            if type == SSL3_RT_HANDSHAKE { state.messages.append(first) }
            if type == SSL3_RT_ALERT && second != 0 { state.fatalAlert = second }
        }
    }
}
