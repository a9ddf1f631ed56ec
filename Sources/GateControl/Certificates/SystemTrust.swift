// The roots that the system's administrator trusts: a file that every distribution keeps at a place of its own.

import GateTLS
import Glibc
import Synchronization

/// The system's roots, read anew only when their file has changed. Safe to use from any thread.
enum SystemTrust {
    /// Where distributions keep them: Debian, Ubuntu, Alpine, Arch; Fedora, RHEL; openSUSE; the BSDs.
    private static let places = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    /// What tells one state of a file from another.
    private struct State: Equatable {
        var path: String
        var inode: UInt64
        var bytes: Int
        var changed: [Int]
    }

    private static let last = Mutex<(state: State, store: TrustStore)?>(nil)

    /// The roots of the file that `SSL_CERT_FILE` names, or else of the system's.
    static func store() throws(CertificateError) -> TrustStore {
        let named = getenv("SSL_CERT_FILE").map { String(cString: $0) } ?? ""
        let candidates = named.isEmpty ? places : [named]
        guard let state = candidates.lazy.compactMap(state).first else {
            throw .library(
                named.isEmpty
                    ? "the system has no file of root certificates; install ca-certificates, or write `ca: FILE`"
                    : "SSL_CERT_FILE names \(named), and there is no such file")
        }
        if let known = last.withLock({ $0?.state == state ? $0?.store : nil }) { return known }
        let store = try read(state)
        last.withLock { $0 = (state, store) }
        return store
    }

    private static func state(_ path: String) -> State? {
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return State(
            path: path, inode: UInt64(facts.st_ino), bytes: Int(facts.st_size),
            changed: [Int(facts.st_mtim.tv_sec), Int(facts.st_mtim.tv_nsec)])
    }

    private static func read(_ state: State) throws(CertificateError) -> TrustStore {
        guard let file = fopen(state.path, "rbe") else {
            throw .library("\(state.path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: state.bytes)
        let count = fread(&bytes, 1, bytes.count, file)
        do {
            return try TrustStore(authoritiesPEM: Array(bytes.prefix(count)))
        } catch {
            throw .malformed("\(state.path): \(error)")
        }
    }
}
