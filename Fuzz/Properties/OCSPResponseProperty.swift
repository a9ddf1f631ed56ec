import GateControl
import GateCore

/// A responder's answer is taken apart or refused; with a byte more behind it, it is refused in any case.
enum OCSPResponseProperty {
    static func check(_ bytes: Span<UInt8>) {
        let bytes = (0..<bytes.count).map { bytes[$0] }
        guard (try? OCSPAnswer(bytes)) != nil else { return }
        precondition((try? OCSPAnswer(bytes + [0])) == nil)
        precondition((try? OCSPAnswer(Array(bytes.dropLast()))) == nil)
    }
}
