import GateHTTP2
import Testing

@Suite("HTTP/2 error codes (RFC 9113 §7)")
struct ErrorCodeTests {
    @Test("Registered codes have their names and numbers; others are kept")
    func names() {
        let registered = (0...0xD).map { HTTP2ErrorCode(rawValue: $0).name?.description }
        #expect(
            registered == [
                "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
                "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
                "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
            ])
        #expect(HTTP2ErrorCode(rawValue: 0xE).name == nil)
        #expect(HTTP2ErrorCode(rawValue: 0xFFFF_FFFF).rawValue == 0xFFFF_FFFF)
    }
}
