/// How host names are compared, wherever they come from: a hello, a certificate, an order.
public enum HostName {
    /// The name in lower case and without the dot at its end, which only says that nothing follows (RFC 1034 §3.1). Nil for
    /// what is not ASCII, though its lower case may look like it (RFC 6066 §3). O(n).
    public static func plain(_ name: String) -> String? {
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}
