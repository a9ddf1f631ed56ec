internal import GateConfig
internal import Glibc

/// A file that is for one pair of eyes.
enum SecretFile {
    /// A warning when every user can read or change it.
    static func finding(_ file: FileReference) -> CertificateFinding? {
        var facts = stat()
        guard stat(file.path, &facts) == 0, facts.st_mode & 0o007 != 0 else { return nil }
        return CertificateFinding(
            .warning, file, "can be read by every user of this machine; do `chmod 600 \(file.name)`")
    }
}
