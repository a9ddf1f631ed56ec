// Certificates, keys and revocation lists out of PEM (RFC 7468), by the library's reader.

import CNIOBoringSSL

enum PEMReader {
    /// Calls `body` with a memory BIO over the bytes.
    static func withBIO<R>(_ pem: [UInt8], _ body: (OpaquePointer) throws(CertificateError) -> R)
        throws(CertificateError) -> R
    {
        // The BIO points into the copy, which lives until it is freed.
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(pem.count, 1))
        _ = copy.update(fromContentsOf: pem)
        defer { copy.deallocate() }
        guard let bio = BIO_new_mem_buf(copy.baseAddress, pem.count) else {
            throw .library("no memory")
        }
        defer { BIO_free(bio) }
        return try body(bio)
    }

    /// All certificates, in their order. The caller owns them.
    static func certificates(_ pem: [UInt8]) throws(CertificateError) -> [OpaquePointer] {
        try withBIO(pem) { (bio) throws(CertificateError) in
            var found: [OpaquePointer] = []
            while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) { found.append(certificate) }
            if let error = endError() {
                for certificate in found { X509_free(certificate) }
                throw .malformed(error.text)
            }
            guard !found.isEmpty else { throw .noCertificate }
            return found
        }
    }

    /// All revocation lists, in their order. The caller owns them.
    static func revocationLists(_ pem: [UInt8]) throws(CertificateError) -> [OpaquePointer] {
        try withBIO(pem) { (bio) throws(CertificateError) in
            var found: [OpaquePointer] = []
            while let list = PEM_read_bio_X509_CRL(bio, nil, nil, nil) { found.append(list) }
            let error = endError()
            guard error == nil, !found.isEmpty else {
                for list in found { X509_CRL_free(list) }
                throw .malformed(error?.text ?? "it has no revocation list (-----BEGIN X509 CRL-----)")
            }
            return found
        }
    }

    /// The first private key. The caller owns it.
    static func privateKey(_ pem: [UInt8]) throws(CertificateError) -> OpaquePointer {
        try withBIO(pem) { (bio) throws(CertificateError) in
            LibraryError.clear()
            // Without a callback the library would ask the terminal.
            let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
            if let key {
                LibraryError.clear()
                return key
            }
            let error = LibraryError.take()
            if text(pem, has: "ENCRYPTED") { throw .encryptedKey }
            guard text(pem, has: "PRIVATE KEY-----") else { throw .noKey }
            throw .malformed(error?.text ?? "no key")
        }
    }

    /// What stopped the reader, unless that was the end of the file.
    private static func endError() -> LibraryError? {
        guard let error = LibraryError.take() else { return nil }
        let isEnd = error.library == Int32(ERR_LIB_PEM) && error.reason == PEM_R_NO_START_LINE
        return isEnd ? nil : error
    }

    private static func text(_ pem: [UInt8], has word: String) -> Bool {
        let word = Array(word.utf8)
        guard pem.count >= word.count else { return false }
        return (0...(pem.count - word.count)).contains { start in pem[start..<(start + word.count)].elementsEqual(word)
        }
    }
}
