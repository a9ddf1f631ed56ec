extension Configuration.Site {
    /// The hosts as certificates name them, in lower case: `example.com`, `*.example.com`, `10.0.0.1`, `::1`. Regular
    /// expressions are no names.
    var certificateHosts: [String] {
        hosts.compactMap { host in
            switch host {
            case .exact(let name): name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
            case .suffix(let suffix): "*.\(suffix)"
            case .regex: nil
            }
        }
    }
}
