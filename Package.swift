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
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
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
        .target(name: "GateEngine", dependencies: ["CGateLinux", "GateCore"], swiftSettings: settings),
        // Layer 4
        .target(
            name: "GateProxy",
            dependencies: ["CGateLinux", "GateCore", "GateHTTP", "GatePattern", "GateHTTP1", "GateEngine"],
            swiftSettings: settings),
        // Layer 6
        .target(
            name: "GateControl",
            dependencies: [
                "CGateLinux", "GateCore", "GateConfig", "GateHTTP", "GateHTTP1", "GatePattern", "GateEngine",
                "GateProxy",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        // Layer 7
        .target(
            name: "Gatehouse",
            dependencies: [
                "GateCore", "GateConfig", "GateHTTP", "GateEngine", "GateProxy", "GateControl",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "GatehouseCLI",
            dependencies: [
                "CGateLinux", "GateConfig", "GateControl", "GateEngine", "GateProxy", "Gatehouse",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        .target(
            name: "GateTesting", dependencies: ["CGateLinux", "GateCore", "GateProxy", "Gatehouse"],
            swiftSettings: settings),
        .target(
            name: "GateFuzzing", dependencies: ["GateCore", "GateHTTP", "GateHTTP1"], path: "Fuzz/Properties",
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
            name: "GateControlTests",
            dependencies: ["GateConfig", "GateControl", "GateCore", "GatePattern", "GateProxy", "GateTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "GateEngineTests", dependencies: ["CGateLinux", "GateCore", "GateEngine"], swiftSettings: settings),
        .testTarget(
            name: "GateProxyTests",
            dependencies: ["GateCore", "GateHTTP", "GatePattern", "GateProxy", "GateTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzReplayTests", dependencies: ["GateFuzzing", "GateTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "GateTestingTests", dependencies: ["GateTesting", "GateCore", "Gatehouse"], swiftSettings: settings),
        .testTarget(
            name: "WireTests", dependencies: ["GateTesting", "GateControl", "GateCore", "GateProxy", "Gatehouse"],
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
