import GateCore
import GateHTTP

/// A PROXY header is judged at its first wrong byte, never reaches beyond its bound, and is read as it is written.
enum ProxyHeaderProperty {
    private static let bytesMax = 512

    static func check(_ bytes: Span<UInt8>) {
        let whole = ProxyHeader.parse(bytes, bytesMax: bytesMax)
        var isRefused = false
        for count in 0..<min(bytes.count, bytesMax + 1) {
            switch ProxyHeader.parse(bytes.extracting(0..<count), bytesMax: bytesMax) {
            case .needMore: precondition(!isRefused)
            case .invalid: isRefused = true
            case .complete(let header, let consumed):
                precondition(whole == .complete(header, consumed: consumed))
            }
        }
        switch whole {
        case .invalid: break
        case .needMore:
            precondition(!isRefused)
            precondition(bytes.count < bytesMax)
        case .complete(let header, let consumed):
            precondition(!isRefused)
            precondition(consumed <= min(bytes.count, bytesMax))
            checkWriting(header)
        }
    }

    private static func checkWriting(_ header: ProxyHeader) {
        var binary = ByteBuffer()
        ProxyHeaderV2.append(header, to: &binary)
        precondition(ProxyHeader.parse(binary.span) == .complete(header, consumed: binary.count))
        var line = ByteBuffer()
        ProxyHeaderV1.append(header, to: &line)
        var expected = header
        expected.isLocal = false
        // A version 1 line cannot hold one mapped address beside a true IPv6 one otherwise than mapped.
        precondition(ProxyHeader.parse(line.span) == .complete(expected, consumed: line.count))
    }
}
