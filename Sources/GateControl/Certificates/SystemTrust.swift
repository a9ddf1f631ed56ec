// The roots that the system's administrator trusts: a file that every distribution keeps at a place of its own.

internal import GateConfig
import GateTLS
import Glibc
import Synchronization

/// The system's roots, read anew only when their file has changed. Safe to use from any thread.
enum SystemTrust {
    /// Where distributions keep them: Debian, Ubuntu, Alpine, Arch; Fedora, RHEL; openSUSE; the BSDs.
    static let places = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    /// Bytes of such a file at most.
    static let bytesMax = 16 << 20

    /// What tells one state of a file from another.
    private struct State: Equatable {
        var path: String
        var stamp: FileStamp
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
        FileStamp(path: path).map { State(path: path, stamp: $0) }
    }

    private static func read(_ state: State) throws(CertificateError) -> TrustStore {
        let bytes: [UInt8]
        do { bytes = try FileReference(state.path).read(bytesMax: bytesMax) } catch {
            throw .library("\(state.path): \(error)")
        }
        do { return try TrustStore(authoritiesPEM: bytes) } catch { throw .malformed("\(state.path): \(error)") }
    }
}
