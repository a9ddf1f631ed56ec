internal import GateConfig
internal import GateTLS

/// A session ticket key in a file.
enum TicketKeyFile {
    /// Reads it.
    /// - Returns: nil when the file has no key, of which `findings` hears.
    static func load(_ file: FileReference, _ findings: inout [CertificateFinding]) -> TicketKey? {
        do throws(FileUnreadable) {
            let bytes = try file.read(bytesMax: 4096)
            if let key = TicketKey(bytes) {
                if let finding = SecretFile.finding(file) { findings.append(finding) }
                return key
            }
            let words =
                "has \(bytes.count) bytes and must have \(TicketKey.byteCount) (AES-256), or "
                + "\(TicketKey.shortByteCount) (AES-128); make it with `openssl rand -out \(file.name) \(TicketKey.byteCount)`"
            findings.append(CertificateFinding(.error, file, words))
        } catch {
            findings.append(CertificateFinding(.error, file, "cannot be read: \(error.reason)"))
        }
        return nil
    }
}
