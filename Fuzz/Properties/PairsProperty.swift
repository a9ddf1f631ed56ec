import GateCore
import GateHTTP

/// Queries and Cookie fields come apart into pieces that stand in order, and decoding agrees with comparing.
enum PairsProperty {
    static func check(_ bytes: Span<UInt8>) {
        checkQuery(bytes)
        checkCookies(bytes)
    }

    private static func checkQuery(_ bytes: Span<UInt8>) {
        var end = 0
        var parameters = QueryParameters()
        while let parameter = parameters.next(in: bytes) {
            precondition(parameter.name.lowerBound >= end && parameter.name.upperBound <= parameter.value.lowerBound)
            precondition(parameter.value.upperBound <= bytes.count)
            end = parameter.value.upperBound
            checkDecoding(bytes.extracting(parameter.name))
            checkDecoding(bytes.extracting(parameter.value))
        }
    }

    private static func checkDecoding(_ encoded: Span<UInt8>) {
        var decoded = ByteBuffer()
        QueryParameters.decode(encoded, into: &decoded)
        precondition(decoded.count <= encoded.count)
        precondition(QueryParameters.decodes(encoded, to: decoded.span))
        decoded.append(byte: 0)
        precondition(!QueryParameters.decodes(encoded, to: decoded.span))
    }

    private static func checkCookies(_ bytes: Span<UInt8>) {
        var end = 0
        var pairs = CookieString()
        while let pair = pairs.next(in: bytes) {
            precondition(!pair.name.isEmpty && pair.name.lowerBound >= end)
            precondition(pair.name.upperBound <= pair.value.lowerBound && pair.value.upperBound <= bytes.count)
            end = pair.value.upperBound
            precondition(
                ASCII.index(of: UInt8(ascii: ";"), in: bytes.extracting(pair.value), from: 0) == pair.value.count)
        }
    }
}
