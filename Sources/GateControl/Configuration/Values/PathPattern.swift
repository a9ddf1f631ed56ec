extension Configuration {
    /// Which paths, in the normalised form that routing sees.
    public enum PathPattern: Hashable, Sendable, CustomStringConvertible {
        /// This path and no other.
        case exact(String)
        /// Every path that starts with this, which ends in `/`: `/a/*` is `prefix("/a/")`. Not `/a` itself.
        case prefix(String)
        /// Every target, `OPTIONS *` too.
        case any

        /// `/a`, `/a/*` or `*`.
        public var description: String {
            switch self {
            case .exact(let path): path
            case .prefix(let path): "\(path)*"
            case .any: "*"
            }
        }
    }
}
