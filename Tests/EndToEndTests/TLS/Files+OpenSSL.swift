import GateTesting

/// What OpenSSL makes of a stage's certificate.
extension SecureStage.Files {
    /// An OCSP response (RFC 6960) that calls the certificate good, signed by the issuer, good for a day. Answers its path.
    func staple() throws -> String {
        let serial = certificate.serialNumber.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let issuer = try directory.write("issuer.pem", authority.issuerPEM)
        let key = try directory.write("issuer.key", authority.issuerKeyPEM)
        let leaf = try directory.write("leaf.pem", certificate.leafPEM)
        let entry = "V\t491231235959Z\t\t\(serial.uppercased())\tunknown\t/CN=\(SecureStage.name)\n"
        let index = try directory.write("index", entry)
        let (request, response) = (directory.file("request.der"), directory.file("staple.der"))
        try openssl(["ocsp", "-issuer", issuer, "-cert", leaf, "-no_nonce", "-reqout", request])
        try openssl([
            "ocsp", "-index", index, "-CA", issuer, "-rsigner", issuer, "-rkey", key, "-reqin", request, "-ndays", "1",
            "-respout", response,
        ])
        return response
    }

    /// SHA-256 of the public key in base64, as browsers pin it (RFC 7469 §2.4).
    func publicKeyDigest() throws -> String {
        let script = """
            openssl x509 -in "$0" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary \
            | openssl base64
            """
        return String(try runProgram("sh", ["-c", script, chain]).output.filter { !$0.isWhitespace })
    }

    /// A client's certificate by the same authority: paths of its chain and key.
    func client(_ subject: String) throws -> (chain: String, key: String) {
        try authority.client(subject).write(to: directory, as: subject)
    }

    private func openssl(_ arguments: [String]) throws {
        let result = try runProgram("openssl", arguments)
        guard result.status == 0 else {
            throw SystemFailure("openssl \(arguments[0]): \(result.errors)", result.status)
        }
    }
}
