// swift-tools-version: 6.2
// Targets are layered; each may import only what stands above it here.
// `swift build --explicit-target-dependency-import-check error` keeps it so.
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "gatehouse",
    products: [
        .library(name: "Gatehouse", targets: ["Gatehouse"]),
        .executable(name: "gatehouse", targets: ["GatehouseCLI"]),
        // What the fuzzers in Fuzz/ link against.
        .library(name: "GateFuzzing", targets: ["GateFuzzing", "GateConfig", "GateControl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // Exact: GateTLS uses its BoringSSL (CNIOBoringSSL), which is no public product of the package.
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // Layer 0
        .target(name: "CGateLinux"),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        // Layer 1
        .target(name: "GateCore", dependencies: ["CGateLinux"], swiftSettings: settings),
        // Layer 2
        .target(name: "GateHTTP", dependencies: ["GateCore"], swiftSettings: settings),
        .target(
            name: "GateConfig",
            dependencies: ["GateCore", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
        .target(name: "GatePattern", dependencies: ["CPCRE2", "GateCore"], swiftSettings: settings),
        // Layer 3
        .target(name: "GateHTTP1", dependencies: ["GateCore", "GateHTTP"], swiftSettings: settings),
        .target(name: "GateHTTP2", dependencies: ["GateCore", "GateHTTP"], swiftSettings: settings),
        .target(name: "GateEngine", dependencies: ["CGateLinux", "GateCore"], swiftSettings: settings),
        // Layer 4
        .target(
            name: "GateTLS",
            dependencies: ["CGateLinux", "GateCore", "GateEngine", .product(name: "NIOSSL", package: "swift-nio-ssl")],
            swiftSettings: settings),
        // Layer 5
        .target(
            name: "GateProxy",
            dependencies: [
                "CGateLinux", "GateCore", "GateHTTP", "GatePattern", "GateHTTP1", "GateHTTP2", "GateEngine", "GateTLS",
            ],
            swiftSettings: settings),
        // Layer 6
        .target(
            name: "GateCertificates",
            dependencies: [
                "CGateLinux", "GateCore", "GateHTTP", "GateEngine",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: settings),
        .target(
            name: "GateControl",
            dependencies: [
                "CGateLinux", "GateCore", "GateConfig", "GateHTTP", "GateHTTP1", "GateHTTP2", "GatePattern",
                "GateEngine",
                "GateTLS", "GateProxy", "GateCertificates",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: settings),
        // Layer 7
        .target(
            name: "Gatehouse",
            dependencies: [
                "GateCore", "GateConfig", "GateHTTP", "GateEngine", "GateTLS", "GateProxy", "GateCertificates",
                "GateControl",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "GatehouseCLI",
            dependencies: [
                "CGateLinux", "GateConfig", "GateCertificates", "GateControl", "GateEngine", "GateProxy", "Gatehouse",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        .target(
            name: "GateTesting",
            dependencies: [
                "CGateLinux", "GateCore", "GateHTTP", "GateHTTP2", "GateTLS", "GateProxy", "Gatehouse",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: settings),
        // The example's program, built here for its tests; examples/embedding is a package of its own.
        .executableTarget(
            name: "EmbeddingExample", dependencies: ["Gatehouse"], path: "examples/embedding/Sources/embedding",
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .target(
            name: "GateFuzzing",
            dependencies: [
                "GateCertificates", "GateControl", "GateCore", "GateHTTP", "GateHTTP1", "GateHTTP2", "GateProxy",
                "GateTLS",
            ], path: "Fuzz/Properties",
            swiftSettings: settings),
        // Tests
        .target(
            name: "GateTestSupport", dependencies: ["GateCore", "GateHTTP"], path: "Tests/GateTestSupport",
            swiftSettings: settings),
        .testTarget(name: "GateCoreTests", dependencies: ["GateCore", "GateTestSupport"], swiftSettings: settings),
        .testTarget(name: "GateConfigTests", dependencies: ["GateConfig", "GateCore"], swiftSettings: settings),
        .testTarget(
            name: "GatePatternTests", dependencies: ["GateCore", "GatePattern", "GateTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "GateHTTPTests", dependencies: ["GateCore", "GateHTTP", "GateTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "GateHTTP1Tests", dependencies: ["GateCore", "GateHTTP", "GateHTTP1", "GateTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "GateHTTP2Tests", dependencies: ["GateCore", "GateHTTP", "GateHTTP2", "GateTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "GateControlTests",
            dependencies: [
                "GateCertificates", "GateConfig", "GateControl", "GateCore", "GatePattern", "GateProxy", "GateTLS",
                "GateTesting",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "GateEngineTests", dependencies: ["CGateLinux", "GateCore", "GateEngine"], swiftSettings: settings),
        .testTarget(
            name: "GateProxyTests",
            dependencies: ["GateCore", "GateHTTP", "GatePattern", "GateProxy", "GateTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "GateTLSTests",
            dependencies: ["CGateLinux", "GateCore", "GateEngine", "GateTLS", "GateTesting", "GateTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "GateCertificatesTests",
            dependencies: [
                "GateCertificates", "GateCore", "GateTesting", "GateTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: settings),
        .testTarget(
            name: "FuzzReplayTests", dependencies: ["GateFuzzing", "GateTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "GateTestingTests", dependencies: ["GateTesting", "GateCore", "Gatehouse"], swiftSettings: settings),
        .testTarget(
            name: "WireTests",
            dependencies: ["GateTesting", "GateControl", "GateCore", "GateProxy", "GateTLS", "Gatehouse"],
            swiftSettings: settings),
        .testTarget(
            name: "FaultTests", dependencies: ["GateTesting", "GateCore", "Gatehouse"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests", dependencies: ["GateTesting", "GateCore", "Gatehouse"], swiftSettings: settings),
        .testTarget(
            name: "DocumentationTests", dependencies: ["GateControl", "GateProxy", "GateTesting"],
            swiftSettings: settings),
        .testTarget(name: "ExampleTests", dependencies: ["GateCore", "GateTesting"], swiftSettings: settings),
    ]
)

// GATE_TESTS=WireTests,FaultTests swift build --build-tests: only these, which saves most of the time.
if let wanted = Context.environment["GATE_TESTS"]?.split(separator: ",").map(String.init) {
    package.targets.removeAll { $0.type == .test && !wanted.contains($0.name) }
}
