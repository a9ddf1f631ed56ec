internal import GateConfig
internal import GateCore
internal import GateTLS

extension Configuration.ServerTLS {
    static let definition = StructDefinition<Self>(
        "server_tls", title: "TLS to servers",
        doc:
            "How servers with `https://` are spoken to. Without any of these keys a server must show a certificate for the host "
            + "of its URL that leads to one of the system's roots.",
        example: """
            upstreams:
              app:
                servers: [https://10.0.0.1:8443, https://10.0.0.2:8443]
                tls: { name: app.internal }
            """,
        make: { Self() },
        keys: {
            Key(
                "ca", .oneOrMany(.fileReference), \.files.authorities, defaultText: "the system's", example: "ca.pem",
                "Files in PEM with the certificates of those whose signature is enough, in the place of the system's roots. A "
                    + "server's own certificate may stand there, too. The files are watched.")
            Key(
                "name", .verifiedName, \.name, defaultText: "the host of each server's URL", example: "app.internal",
                "What the servers' certificates must be for: a name or an address, among the certificate's alternative names. "
                    + "Its common name counts for nothing.")
            Key(
                "sni", .sni, \.sni, defaultText: "`name`, unless that is an address", example: "app.internal",
                "The name that servers are asked for; `off`: none.")
            Key(
                "certificate", .clientCertificate, \.certificateFiles, defaultText: "none",
                "What is shown to servers that ask for a certificate. The files are watched.")
            Key("min_version", .word(), \.minVersion, "The oldest version of TLS that is spoken, in quotes.")
            Key("max_version", .word(), \.maxVersion, "The newest version of TLS that is spoken, in quotes.")
            Key(
                "resumption", .boolean, \.resumes,
                "Whether new connections resume the sessions of earlier ones, which saves most of a handshake's work.")
            Key(
                "insecure", .boolean, \.isInsecure,
                "`true`: nothing is verified, so whoever answers at a server's address can read and change everything. For "
                    + "tests only; with `ca` a certificate of your own can be verified.")
        }, finish: check)

    @Sendable
    private static func check(_ tls: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        if tls.minVersion > tls.maxVersion {
            let place = node["min_version"] ?? node["max_version"] ?? node
            decoding.error(at: place.location, "`min_version` is newer than `max_version`; make it older")
        }
        if tls.isInsecure, let place = node["insecure"] { checkInsecure(place, node, &decoding) }
        do throws(ServerFileFailure) { try tls.reread() } catch {
            decoding.error(at: error.file.origin.location ?? node.location, "\(error)")
        }
    }

    private static func checkInsecure(_ place: ConfigNode, _ node: ConfigNode, _ decoding: inout Decoding) {
        for entry in node.entries ?? [] where entry.key == "ca" || entry.key == "name" {
            decoding.error(
                at: entry.keyLocation,
                "`\(entry.key)` means nothing beside `insecure: true`, which verifies nothing; remove one of them")
        }
        decoding.warning(
            at: place.location,
            "`insecure: true` verifies nothing: whoever answers at a server's address is believed; write `ca: FILE` with its "
                + "authority's certificate, or its own")
    }
}

extension Configuration {
    /// Where servers are verified with the system's roots there must be some.
    func checkSystemTrust(_ decoding: inout Decoding) {
        let upstream = upstreams.first { upstream in
            upstream.servers.contains(where: \.isSecure) && upstream.tls.trust == nil && !upstream.tls.isInsecure
        }
        guard let upstream, let place = upstream.origin.location else { return }
        do throws(CertificateError) { _ = try SystemTrust.store() } catch {
            decoding.error(at: place, "the certificates of the upstream's servers cannot be verified: \(error)")
        }
    }
}

/// The files of a certificate that is shown to servers.
private struct ClientCertificateFiles: Sendable {
    var chain: FileReference?
    var key: FileReference?

    static let definition = StructDefinition<Self>(
        "client_certificate", title: "certificate for servers", doc: "A certificate and its key, in files.",
        make: { Self() },
        keys: {
            Key(
                "chain", .fileReference, \.chain, required: true, example: "client.pem",
                "A file in PEM: the certificate first, then those that lead from it to a root.")
            Key(
                "key", .fileReference, \.key, required: true, example: "client.key",
                "A file in PEM with the certificate's key, without a passphrase.")
        })
}

extension Configuration.ServerTLS {
    fileprivate var certificateFiles: ClientCertificateFiles {
        get { ClientCertificateFiles(chain: files.chain, key: files.key) }
        set { (files.chain, files.key) = (newValue.chain, newValue.key) }
    }
}

extension Shape where Value == ClientCertificateFiles {
    fileprivate static var clientCertificate: Shape<ClientCertificateFiles> { ClientCertificateFiles.definition.shape }
}

extension Shape where Value == Configuration.SNI {
    /// A name, or `off`.
    fileprivate static var sni: Shape<Configuration.SNI> {
        Shape<String>.text("a name such as `app.internal`") { text in
            DNSName.isName(text) ? nil : "is no DNS name, and SNI knows nothing else; write one, or `off`"
        }.converted { text, _, _ in Configuration.SNI.name(text.lowercased()) }.orWord("off", .off)
    }
}

extension Shape where Value == String {
    /// A DNS name or an address.
    fileprivate static var verifiedName: Shape<String> {
        .text("a name such as `app.internal`, or an address") { text in
            DNSName.isName(text) || IPAddress(text) != nil ? nil : "is neither a DNS name nor an address"
        }
    }
}

/// What may be verified or asked for as a name.
private enum DNSName {
    static func isName(_ text: String) -> Bool { HostName.isValid(text) && !HostName.looksLikeIPv4(text) }
}
