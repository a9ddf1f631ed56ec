import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks an authority over HTTPS.
final class HTTPTransport: ACMETransport {
    private let client: HTTPClient

    /// What the whole of a request may take.
    private static let requestSeconds: Int64 = 60

    /// - Parameter trustedPEM: by whom servers are believed; nil is the system's roots.
    /// - Throws: when the PEM cannot be read.
    init(trustedPEM: String?) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let trustedPEM {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(trustedPEM.utf8)))
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(30)), decompression: .disabled)
        // Nobody else shares the connections, and an authority is asked seldom.
        configuration.connectionPool.idleTimeout = .seconds(10)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// The library insists on an end; a second one does no harm.
    deinit { Task { [client] in try? await client.shutdown() } }

    /// Begins to close what is open. Nothing may be sent afterwards. Its end is not waited for: the library waits for
    /// handshakes with servers that never answer.
    func close() async { Task { [client] in try? await client.shutdown() } }

    func send(_ request: ACMERequest) async throws -> ACMEResponse {
        do {
            let response = try await client.execute(message(request), timeout: .seconds(Self.requestSeconds))
            let body = try await response.body.collect(upTo: ACMEResponse.bodyBytesMax)
            return ACMEResponse(
                status: Int(response.status.code), body: Array(body.readableBytesView),
                nonce: response.headers.first(name: "Replay-Nonce"), location: response.headers.first(name: "Location"),
                retryAfter: response.headers.first(name: "Retry-After"),
                contentType: response.headers.first(name: "Content-Type"))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ACMEFailure(.unreachable, "\(request.url) cannot be asked: \(ACMEFailure.oneLine("\(error)"))")
        }
    }

    private func message(_ request: ACMERequest) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: request.url)
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        // RFC 8555 §6.1.
        message.headers.add(name: "User-Agent", value: "gatehouse")
        message.headers.add(name: "Accept-Language", value: "en")
        if request.method == .post {
            message.headers.add(name: "Content-Type", value: "application/jose+json")
            message.body = .bytes(request.body)
        }
        return message
    }
}
