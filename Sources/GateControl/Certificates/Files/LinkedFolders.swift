internal import Glibc

/// The folders in which a change can make a path lead to another file: the one with the file, and each that has a link on
/// the way there. certbot changes links beside the file, Kubernetes one further up, deployments a link to a whole folder.
enum LinkedFolders {
    /// Links that are followed at most, as the kernel does.
    private static let linksMax = 40

    /// Absolute or relative as the path is.
    static func of(_ path: String) -> Set<String> {
        var walk = Walk()
        walk.follow(path)
        return walk.folders
    }

    private struct Walk {
        var folders: Set<String> = []
        private var links = 0

        /// Goes along the path, part by part.
        mutating func follow(_ path: String) {
            var place = path.hasPrefix("/") ? "/" : "."
            let parts = path.split(separator: "/")
            for (index, part) in parts.enumerated() {
                let next = place == "/" ? "/\(part)" : "\(place)/\(part)"
                if let target = target(next), links < linksMax {
                    links += 1
                    folders.insert(place)
                    let rest = ([Substring(target)] + parts[(index + 1)...]).joined(separator: "/")
                    return follow(target.hasPrefix("/") ? rest : "\(place)/\(rest)")
                }
                if index == parts.count - 1 { folders.insert(place) }
                place = next
            }
        }

        private func target(_ path: String) -> String? {
            var bytes = [CChar](repeating: 0, count: 4097)
            let count = readlink(path, &bytes, 4096)
            guard count > 0 else { return nil }
            return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
