internal import GateConfig
internal import Glibc

/// Whether the program that writes records for `dns-01` can be started.
enum HookExamination {
    /// - Parameter program: as it is written; without a slash it is looked for in `PATH`.
    static func findings(_ program: FileReference) -> [CertificateFinding] {
        if places(program.name).contains(where: isExecutable) { return [] }
        var facts = stat()
        let words =
            !program.name.contains("/")
            ? "is in no folder of `PATH`; write where the program is"
            : stat(program.name, &facts) != 0
                ? "is not there, and without it no certificate is got by `dns-01`; write where the program is"
                : "is no program that may be started; do `chmod 755 \(program.name)`"
        return [CertificateFinding(.outOfTime, program, words)]
    }

    private static func places(_ name: String) -> [String] {
        guard !name.contains("/") else { return [name] }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }
    }

    private static func isExecutable(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
