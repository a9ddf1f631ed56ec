import GateCertificates
import Testing

@Suite("Fingerprints of certificates")
struct FingerprintTests {
    @Test("are SHA-256 in lower-case hexadecimal (FIPS 180-4, the vector for 'abc')")
    func vector() {
        #expect(
            certificateFingerprint(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
