import GateTLS
import Testing

@Suite("The TLS library")
struct TLSLibraryTests {
    @Test("is one with credentials and the interface for SSL_add1_credential")
    func apiVersion() {
        #expect(TLSLibrary.apiVersion >= 34)
    }
}
