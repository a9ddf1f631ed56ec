// swift-tools-version: 6.2
// One executable for each fuzzer, apart from the project's own manifest. `./run` builds and runs them.
import PackageDescription

/// Fuzzers whose property is one of `FuzzTarget`.
let codecs = [
    "RequestHead", "ResponseHead", "ChunkedBody", "ProxyHeader", "Path", "FieldValue", "Pairs", "DNSMessage",
    "URLReference", "ServerName", "ACMEMessage", "ClientHello", "OCSPResponse", "HPACKBlocks",
    "HPACKRoundTrip", "HTTP2Heads", "HTTP2Connection", "HTTP2Frames",
]
let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]
/// Holds the properties, and the internal modules that other fuzzers import.
let fuzzing = Target.Dependency.product(name: "GateFuzzing", package: "gatehouse")

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "gatehouse", path: "..")],
    targets: codecs.map { name in
        .executableTarget(name: "\(name)Fuzzer", dependencies: [fuzzing], swiftSettings: settings)
    } + [
        .executableTarget(
            name: "ConfigurationFuzzer", dependencies: [fuzzing], path: "ConfigurationFuzzer", exclude: ["Seeds"],
            swiftSettings: settings)
    ]
)
