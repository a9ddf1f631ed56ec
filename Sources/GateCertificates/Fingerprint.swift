import Crypto

/// The SHA-256 of a certificate's DER, in lower-case hexadecimal: the name under which people compare certificates.
public func certificateFingerprint(_ der: [UInt8]) -> String {
    SHA256.hash(data: der).map { byte in
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }.joined()
}
