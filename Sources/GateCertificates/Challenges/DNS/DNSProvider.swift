/// Writes records into the DNS, for DNS-01. A program that embeds Gatehouse can bring its own.
public protocol DNSProvider: Sendable {
    /// Adds a TXT record beside those that the name may have already: a certificate for `example.com` and `*.example.com`
    /// needs two at once.
    /// - Parameters:
    ///   - name: the full name, such as `_acme-challenge.example.com`, without a dot at its end.
    ///   - value: the text, at most 255 bytes.
    func present(name: String, value: String) async throws

    /// Removes that record and no other; nothing happens when it is not there.
    func remove(name: String, value: String) async throws
}
