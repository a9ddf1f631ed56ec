internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// A question to a responder over HTTP (RFC 6960 appendix A.1).
enum OCSPExchange {
    /// Seconds that a responder has for its answer.
    private static let timeoutSeconds: Int64 = 15

    /// The answer's bytes, which nobody has looked at yet.
    /// - Throws: when there is none.
    static func ask(_ url: String, _ request: [UInt8]) async throws -> [UInt8] {
        var message = HTTPClientRequest(url: url)
        message.method = .POST
        message.headers.add(name: "Content-Type", value: "application/ocsp-request")
        message.body = .bytes(request)
        let response = try await HTTPClient.shared.execute(message, timeout: .seconds(timeoutSeconds))
        guard response.status == .ok else { throw OCSPUnanswered(status: response.status.code) }
        let body = try await response.body.collect(upTo: CertificateLoader.stapleBytesMax)
        return Array(body.readableBytesView)
    }
}

/// A responder answered with another status than 200.
struct OCSPUnanswered: Error, CustomStringConvertible {
    let status: UInt
    var description: String { "the responder answers with status \(status)" }
}
