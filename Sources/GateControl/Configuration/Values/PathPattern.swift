public import GatePattern

extension Configuration {
    /// Which paths, in the normalised form that routing sees.
    public enum PathPattern: Hashable, Sendable, CustomStringConvertible {
        /// This path and no other.
        case exact(String)
        /// Every path that starts with this, which ends in `/`: `/a/*` is `prefix("/a/")`. Not `/a` itself.
        case prefix(String)
        /// A path with wildcards: `/img/*.png`, `/a/**/b`.
        case glob(String)
        /// Every path in which this is found.
        case regex(Pattern)
        /// Every target, `OPTIONS *` too.
        case any

        /// `/a`, `/a/*`, `/img/*.png`, `regex ^/u/` or `*`.
        public var description: String {
            switch self {
            case .exact(let path): path
            case .prefix(let path): "\(path)*"
            case .glob(let glob): glob
            case .regex(let pattern): "regex \(pattern)"
            case .any: "*"
            }
        }
    }
}
