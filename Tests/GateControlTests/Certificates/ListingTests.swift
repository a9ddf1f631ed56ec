import FoundationEssentials
import GateCertificates
import GateTesting
import Testing

@testable import GateControl

@Suite("The list of certificates")
struct ListingTests {
    private let listing = CertificateListing([
        CertificateStatus(
            names: ["a.example.com", "b.example.com"], issuer: "E7",
            notBefore: Date(timeIntervalSince1970: 1_800_000_000),
            notAfter: Date(timeIntervalSince1970: 1_800_086_400),
            nextAttempt: Date(timeIntervalSince1970: 1_800_043_200)),
        CertificateStatus(
            names: ["c.example.com"], failures: 3, lastError: "nobody answers", isOnDemand: true),
    ])

    @Test("is a table with a column for each fact")
    func table() {
        #expect(
            listing.text() == """
                NAMES                        ISSUER  EXPIRES               NEXT ATTEMPT          FAILURES  LAST ERROR
                a.example.com,b.example.com  E7      2027-01-16T08:00:00Z  2027-01-15T20:00:00Z  0         -
                c.example.com                -       -                     -                     3         nobody answers
                """)
    }

    @Test("is JSON with times as RFC 3339 has them")
    func json() throws {
        let text = try listing.json()
        #expect(text.contains("\"notAfter\" : \"2027-01-16T08:00:00Z\""))
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let read = try decoder.decode([CertificateStatus].self, from: Data(text.utf8))
        #expect(read.map(\.names) == [["a.example.com", "b.example.com"], ["c.example.com"]])
        #expect(read[1].lastError == "nobody answers")
    }

    @Test("shows what is wanted and was not tried yet as pending, whatever the order of its names")
    func pending() throws {
        let known = CertificateStatus(
            names: ["a.example.com", "b.example.com"], failures: 1, lastError: "nobody answers")
        let listing = CertificateListing([known], wanted: [["b.example.com", "a.example.com"], ["c.example.com"]])
        let rows = listing.text().split(separator: "\n").dropFirst()
        #expect(rows.count == 2)
        #expect(rows.last?.split(separator: " ") == ["c.example.com", "-", "-", "pending", "0", "-"])
        let folder = try CertificateFolder()
        let text = try CertificateListing(
            stateFolder: folder.directory.file("state"), configuration: try folder.configuration(site: "auto")
        ).text()
        #expect(text.contains("www.example.com  -       -        pending"))
    }

    @Test("is empty for a folder that is not there, which is not made")
    func empty() throws {
        let folder = try TemporaryDirectory()
        #expect(try CertificateListing(stateFolder: folder.file("state")).text() == "no certificates")
        #expect(listDirectory(folder.path).isEmpty)
    }
}
