import GateCore
import GateTLS

/// A client's first bytes come to the same wherever they are cut, and what is read of them is what may be looked up.
enum ClientHelloProperty {
    static func check(_ bytes: Span<UInt8>) {
        var reader = ClientHelloReader()
        let whole = reader.read(bytes)
        precondition(inPieces(bytes) == whole || bytes.count > ClientHelloReader.bytesMax)
        switch whole {
        case .needMore: precondition(bytes.count <= ClientHelloReader.bytesMax)
        case .refused: break
        case .complete(let hello):
            guard let name = hello.serverName else { return }
            precondition((1...255).contains(name.utf8.count))
            for byte in name.utf8 { precondition((0x21...0x7E).contains(byte) && !(0x41...0x5A).contains(byte)) }
        }
    }

    /// As `read` says it when the bytes come apart, the last time.
    private static func inPieces(_ bytes: Span<UInt8>) -> ClientHelloReader.Outcome {
        var reader = ClientHelloReader()
        var end = 0
        // The pieces' lengths are the bytes' own, so that the fuzzer chooses them.
        while end < bytes.count {
            end = min(bytes.count, end + 1 + Int(bytes[end] & 7))
            let outcome = reader.read(bytes.extracting(0..<end))
            if outcome != .needMore { return outcome }
        }
        return .needMore
    }
}
