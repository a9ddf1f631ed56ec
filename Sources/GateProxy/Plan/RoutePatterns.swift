// Hosts and paths as routes name them.

public import GatePattern

/// A host as routes name it: lower case, without port.
public enum HostPattern: Sendable, Hashable {
    case exact(String)
    /// Every name that ends in `.suffix`.
    case suffix(String)
    /// Every name in which the pattern is found.
    case pattern(Pattern)
}

/// A path as routes name it, compared with the normalised path.
public enum PathPattern: Sendable, Hashable {
    case exact(String)
    /// The text before `*`: `/api/*` is `/api/` and takes `/api`, too.
    case prefix(String)
    case glob(PathGlob)
    /// Every path in which the pattern is found. Its groups become the exchange's captures.
    case pattern(Pattern)
    case any
}

extension HostPattern: CustomStringConvertible {
    /// As a configuration says it.
    public var description: String {
        switch self {
        case .exact(let name): name
        case .suffix(let suffix): "*.\(suffix)"
        case .pattern(let pattern): "regex \(pattern)"
        }
    }
}

extension PathPattern: CustomStringConvertible {
    /// As a configuration says it.
    public var description: String {
        switch self {
        case .exact(let path): path
        case .prefix(let prefix): "\(prefix)*"
        case .glob(let glob): glob.text
        case .pattern(let pattern): "regex \(pattern)"
        case .any: "*"
        }
    }
}
