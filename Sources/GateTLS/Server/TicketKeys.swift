import CNIOBoringSSL

/// A key that session tickets are sealed with.
public struct TicketKey: Sendable, Equatable {
    /// Tells which key a ticket was sealed with; goes over the wire in clear. 16 bytes.
    public let name: [UInt8]
    /// AES-256 with 32 bytes, AES-128 with 16.
    let encryption: [UInt8]
    /// HMAC-SHA-256. 32 bytes, or 16.
    let authentication: [UInt8]

    /// Bytes of a key in a file: name, authentication, encryption.
    public static let byteCount = 80
    /// Bytes of a key in a file of an older setup: name, encryption, authentication, with halves of the size.
    public static let shortByteCount = 48

    /// From the bytes of a key file, which several nodes may share: 80 random bytes, or 48, as nginx and Apache have them and
    /// in the order in which nginx uses them.
    public init?(_ bytes: [UInt8]) {
        switch bytes.count {
        case Self.byteCount:
            authentication = Array(bytes[16..<48])
            encryption = Array(bytes[48..<80])
        case Self.shortByteCount:
            encryption = Array(bytes[16..<32])
            authentication = Array(bytes[32..<48])
        default: return nil
        }
        name = Array(bytes[0..<16])
    }

    var cipher: OpaquePointer? { encryption.count == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc() }

    /// A new one that nobody else knows.
    public static func random() -> TicketKey {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        RAND_bytes(&bytes, bytes.count)
        return TicketKey(bytes)!
    }
}

/// The keys of a moment: the first seals, all open.
public struct TicketKeys: Sendable, Equatable {
    /// At least one.
    public let keys: [TicketKey]

    public init(_ keys: [TicketKey]) {
        precondition(!keys.isEmpty)
        self.keys = keys
    }

    /// The keys after a rotation: a new one seals, and the last `kept` still open.
    public func rotated(keeping kept: Int = 2) -> TicketKeys { TicketKeys([.random()] + keys.prefix(kept)) }

    /// Seals or opens for the library: see `SSL_CTX_set_tlsext_ticket_key_cb`. 1: done; 2: done, and the ticket should be
    /// replaced; 0: the key is not known; -1: failure.
    func use(
        name: UnsafeMutablePointer<UInt8>, iv: UnsafeMutablePointer<UInt8>,
        cipher: UnsafeMutablePointer<EVP_CIPHER_CTX>,
        authenticator: UnsafeMutablePointer<HMAC_CTX>, isSealing: Bool
    ) -> Int32 {
        isSealing ? seal(name, iv, cipher, authenticator) : open(name, iv, cipher, authenticator)
    }

    private func seal(
        _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>,
        _ cipher: UnsafeMutablePointer<EVP_CIPHER_CTX>, _ authenticator: UnsafeMutablePointer<HMAC_CTX>
    ) -> Int32 {
        let key = keys[0]
        for i in 0..<16 { name[i] = key.name[i] }
        RAND_bytes(iv, 16)
        let isReady =
            EVP_EncryptInit_ex(cipher, key.cipher, nil, key.encryption, iv) == 1
            && Self.prepare(authenticator, key)
        return isReady ? 1 : -1
    }

    private func open(
        _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>,
        _ cipher: UnsafeMutablePointer<EVP_CIPHER_CTX>, _ authenticator: UnsafeMutablePointer<HMAC_CTX>
    ) -> Int32 {
        let asked = UnsafeBufferPointer(start: name, count: 16)
        guard let index = keys.firstIndex(where: { $0.name.elementsEqual(asked) }) else { return 0 }
        let key = keys[index]
        let isReady =
            EVP_DecryptInit_ex(cipher, key.cipher, nil, key.encryption, iv) == 1
            && Self.prepare(authenticator, key)
        return isReady ? (index == 0 ? 1 : 2) : -1
    }

    private static func prepare(_ authenticator: UnsafeMutablePointer<HMAC_CTX>, _ key: TicketKey) -> Bool {
        HMAC_Init_ex(
            authenticator, key.authentication, key.authentication.count, EVP_sha256(), nil) == 1
    }
}
