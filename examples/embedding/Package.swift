// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "embedding",
    dependencies: [
        // A program of your own names the repository's URL instead.
        .package(name: "gatehouse", path: "../..")
    ],
    targets: [
        .executableTarget(name: "embedding", dependencies: [.product(name: "Gatehouse", package: "gatehouse")])
    ]
)
