public import GatePattern

extension Configuration {
    /// Which host names, in lower case and without a port.
    public enum HostPattern: Hashable, Sendable, CustomStringConvertible {
        /// One name or address literal (`[::1]` in brackets).
        case exact(String)
        /// Every name that ends in `.` and this: `*.example.com` is `suffix("example.com")`. Not the bare suffix itself.
        case suffix(String)
        /// Every name in which this is found.
        case regex(Pattern)

        /// `example.com`, `*.example.com` or `regex ^app[0-9]+$`.
        public var description: String {
            switch self {
            case .exact(let name): name
            case .suffix(let suffix): "*.\(suffix)"
            case .regex(let pattern): "regex \(pattern)"
            }
        }
    }
}
