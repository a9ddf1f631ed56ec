// Signatures of DNS messages with a shared secret (RFC 8945): ours, and the server's.

import Crypto
import FoundationEssentials
import GateCore

/// Signs a request and checks the answer.
struct TransactionSignature: Sendable {
    let key: TSIGKey

    /// Seconds by which the clocks may differ (RFC 8945 §10).
    static let fudge: UInt16 = 300

    /// A message with its signature, and the signature alone, which the answer's depends on.
    struct Signed: Sendable {
        var message: [UInt8]
        var code: [UInt8]
    }

    /// Signs a message that has no additional records.
    /// - Throws: `DNSFailure` when the key's name is none.
    func sign(_ message: [UInt8], unixSeconds: UInt64) throws -> Signed {
        precondition(message.count >= 12)
        precondition(message[10] == 0 && message[11] == 0)
        let code = code(of: message + (try variables(unixSeconds, Self.fudge, error: 0, other: [])))
        var signed = DNSWriter()
        signed.append(Array(message[..<10]))
        signed.number16(1)
        signed.append(Array(message[12...]))
        try signed.name(key.name)
        signed.number16(DNSNumber.tsig)
        signed.number16(DNSNumber.any)
        signed.number32(0)
        var data = DNSWriter()
        try data.name(key.algorithm.rawValue)
        data.number48(unixSeconds)
        data.number16(Self.fudge)
        data.counted(code)
        data.append(Array(message[..<2]))
        data.number16(0)
        data.number16(0)
        signed.counted(data.bytes)
        return Signed(message: signed.bytes, code: code)
    }

    /// Checks that an answer is signed by somebody with the key, as the answer to that request (RFC 8945 §5.3).
    /// - Throws: `DNSFailure` when it is not.
    func check(_ answer: [UInt8], to request: Signed, unixSeconds: UInt64) throws {
        guard let reply = DNSReply(answer), let last = reply.additional.last, last.type == DNSNumber.tsig,
            let signature = Fields(last.data)
        else { throw DNSFailure("the answer is not signed") }
        if let problem = Self.problem(signature.error) { throw DNSFailure(problem) }
        guard last.name == bare(key.name), signature.algorithm == key.algorithm.rawValue else {
            throw DNSFailure("the answer is signed with another key")
        }
        guard signature.seconds.distance(to: unixSeconds).magnitude <= UInt64(signature.fudge) else {
            throw DNSFailure("the clocks of the server and of this machine differ too much")
        }
        // The answer as it was before it was signed, behind our own signature.
        var count = DNSWriter()
        count.number16(UInt16(reply.additional.count - 1))
        let unsigned = answer[..<10] + count.bytes + answer[12..<last.start]
        var text = DNSWriter()
        text.counted(request.code)
        text.append(Array(unsigned))
        text.append(try variables(signature.seconds, signature.fudge, error: signature.error, other: signature.other))
        guard isCode(signature.code, of: text.bytes) else { throw DNSFailure("the answer's signature is wrong") }
    }

    /// RFC 8945 §4.3.3.
    private func variables(_ seconds: UInt64, _ fudge: UInt16, error: UInt16, other: [UInt8]) throws -> [UInt8] {
        var text = DNSWriter()
        try text.name(key.name)
        text.number16(DNSNumber.any)
        text.number32(0)
        try text.name(key.algorithm.rawValue)
        text.number48(seconds)
        text.number16(fudge)
        text.number16(error)
        text.counted(other)
        return text.bytes
    }

    private func code(of bytes: [UInt8]) -> [UInt8] {
        let secret = SymmetricKey(data: key.secret)
        switch key.algorithm {
        case .sha256: return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: secret))
        case .sha384: return Array(HMAC<SHA384>.authenticationCode(for: bytes, using: secret))
        case .sha512: return Array(HMAC<SHA512>.authenticationCode(for: bytes, using: secret))
        }
    }

    /// Compares in a time that does not depend on where they differ.
    private func isCode(_ given: [UInt8], of bytes: [UInt8]) -> Bool {
        let secret = SymmetricKey(data: key.secret)
        switch key.algorithm {
        case .sha256: return HMAC<SHA256>.isValidAuthenticationCode(given, authenticating: bytes, using: secret)
        case .sha384: return HMAC<SHA384>.isValidAuthenticationCode(given, authenticating: bytes, using: secret)
        case .sha512: return HMAC<SHA512>.isValidAuthenticationCode(given, authenticating: bytes, using: secret)
        }
    }

    private func bare(_ name: String) -> String { (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased() }

    /// RFC 8945 §3.
    private static func problem(_ code: UInt16) -> String? {
        switch code {
        case 0: nil
        case 16: "the server finds the signature wrong; check the key's secret (BADSIG)"
        case 17: "the server does not know the key; check its name and algorithm (BADKEY)"
        case 18: "the clocks of the server and of this machine differ too much (BADTIME)"
        default: "the server does not accept the signature (code \(code))"
        }
    }

    /// RFC 8945 §4.2.
    private struct Fields {
        var algorithm: String
        var seconds: UInt64
        var fudge: UInt16
        var code: [UInt8]
        var error: UInt16
        var other: [UInt8]

        init?(_ data: [UInt8]) {
            var reader = DNSReader(data)
            guard let algorithm = reader.name(), let seconds = reader.number48(), let fudge = reader.number16(),
                let length = reader.number16(), let code = reader.take(Int(length)), reader.number16() != nil,
                let error = reader.number16(), let otherLength = reader.number16(),
                let other = reader.take(Int(otherLength))
            else { return nil }
            self.algorithm = algorithm
            self.seconds = seconds
            self.fudge = fudge
            self.code = code
            self.error = error
            self.other = other
        }
    }
}
