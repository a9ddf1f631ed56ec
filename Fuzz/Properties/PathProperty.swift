import GateCore
import GateHTTP

/// A normal path has nothing left to normalise, whatever is allowed.
enum PathProperty {
    static func check(_ path: Span<UInt8>) {
        for allowed: UInt8 in 0..<8 { check(path, AllowedEncodings(rawValue: allowed)) }
    }

    private static func check(_ path: Span<UInt8>, _ allowed: AllowedEncodings) {
        var once = ByteBuffer()
        switch PathNormalizer.normalize(path, allowing: allowed, into: &once) {
        case .invalid: precondition(once.isEmpty)
        case .unchanged:
            precondition(once.isEmpty)
            checkNormal(path)
        case .written:
            precondition(once.count <= path.count * 3)
            checkNormal(once.span)
            checkAgain(once.span, allowed)
        }
    }

    private static func checkAgain(_ path: Span<UInt8>, _ allowed: AllowedEncodings) {
        var twice = ByteBuffer()
        switch PathNormalizer.normalize(path, allowing: allowed, into: &twice) {
        case .invalid: preconditionFailure("a normal path is refused")
        case .unchanged: break
        case .written: precondition(ASCII.equals(path, twice.span), "normalising twice changes something")
        }
    }

    private static func checkNormal(_ path: Span<UInt8>) {
        precondition(path.count > 0 && path[0] == ASCII.slash)
        var segment = 0
        var dots = 0
        for i in 1..<max(1, path.count) {
            precondition(path[i] != UInt8(ascii: "\\"))
            if path[i] == ASCII.slash {
                precondition(segment > 0, "an empty segment")
                precondition(dots != segment || segment > 2, "a dot segment")
                (segment, dots) = (0, 0)
            } else {
                segment += 1
                if path[i] == UInt8(ascii: ".") { dots += 1 }
            }
        }
        precondition(segment == 0 || dots != segment || segment > 2, "a dot segment at the end")
    }
}
