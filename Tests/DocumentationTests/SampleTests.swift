import GateControl
import Testing

@Suite("Documented configurations")
struct SampleTests {
    @Test("a sample on a page is accepted", arguments: Sample.all)
    func sample(_ sample: Sample) {
        let outcome = ConfigurationLoader.load(text: sample.whole, name: "\(sample.file):\(sample.line)")
        // A part may warn of what its page does not show, and the files that it names are its reader's.
        let errors = outcome.errors.filter { !"\($0)".hasSuffix("cannot be read: there is no such file") }
        #expect(errors.isEmpty, "\(sample.whole)")
        #expect(outcome.configuration != nil || !outcome.errors.isEmpty)
    }

    @Test("an example is accepted", arguments: Repository.examples)
    func example(_ file: String) {
        let outcome = ConfigurationLoader.load(file: "\(Repository.path)/\(file)", environment: [:])
        #expect(outcome.diagnostics.isEmpty)
        #expect(outcome.configuration != nil)
    }

    @Test("samples and examples are found")
    func count() {
        #expect(Sample.all.count >= 20)
        #expect(Sample.all.contains { $0.file == "README.md" })
        #expect(Repository.examples.count >= 7)
    }
}
