import CNIOBoringSSL

/// What a certificate says of itself, as text for people, logs and servers.
public struct CertificateFacts: Sendable, Equatable {
    /// As RFC 4514 writes distinguished names: `CN=Alice,O=Example`. The most specific part stands first.
    public let subject: String
    /// The same of who signed it.
    public let issuer: String
    /// The serial number in hexadecimal digits, upper case.
    public let serial: String
    /// SHA-256 over the DER, in hexadecimal digits, lower case.
    public let fingerprint: String

    /// Reads a certificate's DER; nil when it is none.
    public init?(der: [UInt8]) {
        let parsed = der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return d2i_X509(nil, &next, bytes.count)
        }
        guard let certificate = parsed else {
            LibraryError.clear()
            return nil
        }
        defer { X509_free(certificate) }
        subject = Self.text(X509_get_subject_name(certificate))
        issuer = Self.text(X509_get_issuer_name(certificate))
        serial = Self.serial(X509_get0_serialNumber(certificate))
        fingerprint = Self.fingerprint(der)
    }

    /// What RFC 2253 asks for, which the library has as one macro that Swift cannot read.
    private static let nameFlags =
        UInt(ASN1_STRFLGS_ESC_2253) | UInt(ASN1_STRFLGS_ESC_CTRL) | UInt(ASN1_STRFLGS_ESC_MSB)
        | UInt(ASN1_STRFLGS_UTF8_CONVERT) | UInt(ASN1_STRFLGS_DUMP_UNKNOWN) | UInt(ASN1_STRFLGS_DUMP_DER)
        | UInt(XN_FLAG_SEP_COMMA_PLUS) | UInt(XN_FLAG_DN_REV) | UInt(XN_FLAG_DUMP_UNKNOWN_FIELDS)

    static func text(_ name: OpaquePointer?) -> String {
        guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        guard X509_NAME_print_ex(memory, name, 0, Self.nameFlags) >= 0 else { return "" }
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        guard BIO_mem_contents(memory, &bytes, &count) == 1 else { return "" }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    private static func serial(_ number: UnsafePointer<ASN1_INTEGER>?) -> String {
        guard let value = ASN1_INTEGER_to_BN(number, nil) else { return "" }
        defer { BN_free(value) }
        guard let text = BN_bn2hex(value) else { return "" }
        defer { OPENSSL_free(text) }
        return String(cString: text).uppercased()
    }

    private static func fingerprint(_ der: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(der, der.count, &digest)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
