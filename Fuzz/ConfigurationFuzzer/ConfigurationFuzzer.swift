// Feeds texts to the configuration loader. Whatever the text, loading ends, does not trap, and holds its promises.
//
// Build with `-sanitize=fuzzer,address -parse-as-library`; run with the seeds in the folder beside this file.
import GateConfig
import GateControl

/// The entry that libFuzzer calls.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzConfiguration(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

/// Loads the bytes as a configuration and checks what must hold of every outcome.
func fuzzConfiguration(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    // Without this line an input could read files of the machine.
    guard !text.contains("include") else { return }
    var limits = SourceLimits()
    limits.nodesMax = 10_000
    let outcome = ConfigurationLoader.load(
        text: text, name: "fuzz", environment: ["NAME": "value", "PORT": "80"], limits: limits)
    precondition((outcome.configuration == nil) == !outcome.errors.isEmpty)
    for diagnostic in outcome.diagnostics {
        precondition(diagnostic.location.line >= 1)
        precondition(diagnostic.location.column >= 1)
        precondition(diagnostic.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
    }
    guard let configuration = outcome.configuration else { return }
    precondition(!configuration.listeners.isEmpty)
    for case .proxy(let name) in configuration.sites.flatMap(\.routes).map(\.action) {
        precondition(configuration.upstream(named: name) != nil)
    }
}
