// X-Request-Id: one name for a request in every log it appears in.

import GateCore
import GateHTTP

/// Makes the request's id, or keeps the one that a trusted proxy gave it.
final class RequestIDFilter: Filter {
    /// Bytes of an id that is kept; a longer one is replaced.
    static let bytesMax = 128

    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { RequestIDFilter() }
    }

    var phase: FilterPhase { .clientAddress }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        if let index = exchange.request.first(.xRequestID) {
            if exchange.comesFromTrustedProxy, Self.isUsable(exchange.requestValue(index)) {
                exchange.requestID.append(exchange.requestValue(index))
                return .next
            }
            exchange.request.remove(.xRequestID)
        }
        exchange.ensureRequestID()
        exchange.request.add(.xRequestID, exchange.id)
        return .next
    }

    private static func isUsable(_ id: Span<UInt8>) -> Bool {
        guard (1...bytesMax).contains(id.count) else { return false }
        for i in 0..<id.count where !(0x21...0x7E).contains(id[i]) { return false }
        return true
    }
}
