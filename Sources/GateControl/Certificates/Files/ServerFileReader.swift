// What is read from files about servers' TLS: when a configuration is read, and again whenever they change.

internal import GateConfig
internal import GateTLS

/// A file about servers' TLS is of no use.
struct ServerFileFailure: Error, CustomStringConvertible {
    let file: FileReference
    /// Such as `cannot be read: there is no such file`.
    let reason: String

    var description: String { "`\(file.name)` \(reason)" }
}

enum ServerFileReader {
    /// Bytes of a file of authorities.
    private static let authoritiesBytesMax = 4 << 20
    /// Bytes of a chain or a key.
    private static let credentialBytesMax = 1 << 20

    /// One store of all that the files have.
    static func trust(_ files: [FileReference]) throws(ServerFileFailure) -> TrustStore {
        var all: [UInt8] = []
        for file in files {
            let bytes = try read(file, bytesMax: authoritiesBytesMax)
            // Each by itself, so that the message names the one that is broken.
            do throws(CertificateError) { _ = try TrustStore(authoritiesPEM: bytes) } catch {
                throw ServerFileFailure(file: file, reason: "is no list of certificates: \(error)")
            }
            all += bytes + [UInt8(ascii: "\n")]
        }
        do throws(CertificateError) { return try TrustStore(authoritiesPEM: all) } catch {
            throw ServerFileFailure(file: files[0], reason: "is no list of certificates: \(error)")
        }
    }

    /// A chain and a key that fit together.
    static func credential(_ chain: FileReference, _ key: FileReference) throws(ServerFileFailure) -> TLSCredential {
        let chainPEM = try read(chain, bytesMax: credentialBytesMax)
        let keyPEM = try read(key, bytesMax: credentialBytesMax)
        do throws(CertificateError) { return try TLSCredential(chainPEM: chainPEM, keyPEM: keyPEM) } catch {
            throw ServerFileFailure(file: chain, reason: "and `\(key.name)` are no certificate and its key: \(error)")
        }
    }

    private static func read(_ file: FileReference, bytesMax: Int) throws(ServerFileFailure) -> [UInt8] {
        do throws(FileUnreadable) { return try file.read(bytesMax: bytesMax) } catch {
            throw ServerFileFailure(file: file, reason: "cannot be read: \(error.reason)")
        }
    }
}

extension Configuration {
    /// The files about the TLS of servers, of all upstreams.
    var serverFiles: [FileReference] { upstreams.flatMap(\.tls.files.all) }

    /// Reads the files about the TLS of servers again. What cannot be used stays as it was.
    /// - Parameter complain: hears of that, for each upstream.
    public mutating func rereadServerFiles(_ complain: (String) -> Void) {
        for index in upstreams.indices where !upstreams[index].tls.files.all.isEmpty {
            do throws(ServerFileFailure) { try upstreams[index].tls.reread() } catch {
                complain("upstream \(upstreams[index].name): \(error); what was read from it before stays in use")
            }
        }
    }
}

extension Configuration.ServerTLS {
    /// Both or neither: half of what was meant is nothing to go on with.
    mutating func reread() throws(ServerFileFailure) {
        var next = self
        if !files.authorities.isEmpty { next.trust = try ServerFileReader.trust(files.authorities) }
        if let chain = files.chain, let key = files.key {
            next.certificate = try ServerFileReader.credential(chain, key)
        }
        self = next
    }
}
