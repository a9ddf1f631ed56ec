internal import Glibc

/// What tells one state of a file from another without reading it.
struct FileStamp: Equatable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let modified: Int
    private let changed: Int

    /// The file's stamp as it is now, behind all links; nil when there is no file.
    init?(path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        device = UInt(facts.st_dev)
        inode = UInt(facts.st_ino)
        size = Int(facts.st_size)
        modified = facts.st_mtim.tv_sec * 1_000_000_000 + facts.st_mtim.tv_nsec
        changed = facts.st_ctim.tv_sec * 1_000_000_000 + facts.st_ctim.tv_nsec
    }
}
