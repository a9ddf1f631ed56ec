import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Asks the operator's service whether a name may have a certificate.
enum PermissionService {
    private static let seconds: Int64 = 10

    /// The status of its answer; redirects are not followed.
    @Sendable
    static func status(_ url: String) async throws -> Int {
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: HTTPClient.Configuration(redirectConfiguration: .disallow))
        let status: Result<Int, any Error>
        do {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(seconds))
            status = .success(Int(response.status.code))
        } catch {
            status = .failure(error)
        }
        try? await client.shutdown()
        return try status.get()
    }
}
