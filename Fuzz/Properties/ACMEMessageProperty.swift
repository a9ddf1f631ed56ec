import GateCertificates
import GateCore

/// What an authority sends is read or refused, and what it says of errors is one line of bounded length.
enum ACMEMessageProperty {
    private static let charactersMax = 1000

    static func check(_ bytes: Span<UInt8>) {
        let bytes = (0..<bytes.count).map { bytes[$0] }
        _ = try? JSON.decode(ACMEDirectory.self, bytes)
        _ = try? JSON.decode(ACMEOrder.self, bytes)
        _ = try? JSON.decode(ACMEAuthorization.self, bytes)
        guard let problem = try? JSON.decode(ACMEProblem.self, bytes), let line = problem.line else { return }
        precondition(line.unicodeScalars.count <= charactersMax)
        precondition(line.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 })
    }
}
