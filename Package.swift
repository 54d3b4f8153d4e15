// swift-tools-version:6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Every Swift target is held to the same rules; ARCHITECTURE.md says why.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "tokenrelay",
    products: [
        .executable(name: "tokenrelay", targets: ["tokenrelay"]),
        .executable(name: "demo-gateway", targets: ["demo-gateway"]),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "RelayBase", swiftSettings: rules),
        .target(name: "HTTPWire", swiftSettings: rules),
        .target(name: "RelayCore", dependencies: ["HTTPWire", "RelayBase"], swiftSettings: rules),
        .target(name: "RelayLoop", dependencies: ["CLinux", "RelayBase"], swiftSettings: rules),
        .target(
            name: "RelayUpstream",
            dependencies: ["CCurl", "CLinux", "HTTPWire", "RelayBase", "RelayCore", "RelayLoop"],
            swiftSettings: rules
        ),
        .target(
            name: "RelayServer",
            dependencies: ["HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayUpstream"],
            swiftSettings: rules
        ),
        .target(name: "RelayTestSupport", dependencies: ["CLinux"], swiftSettings: rules),
        .executableTarget(
            name: "tokenrelay",
            dependencies: ["HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayUpstream", "RelayServer"],
            swiftSettings: rules
        ),
        .executableTarget(name: "demo-gateway", dependencies: ["RelayTestSupport"], swiftSettings: rules),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire"], exclude: ["Corpus"], swiftSettings: rules),
        .testTarget(
            name: "RelayCoreTests", dependencies: ["HTTPWire", "RelayBase", "RelayCore"], swiftSettings: rules),
        .testTarget(
            name: "RelayLoopTests", dependencies: ["CLinux", "RelayBase", "RelayLoop"], swiftSettings: rules),
        .testTarget(
            name: "RelayUpstreamTests",
            dependencies: [
                "HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayUpstream", "RelayTestSupport",
            ],
            swiftSettings: rules
        ),
        .testTarget(
            name: "RelayServerTests",
            dependencies: [
                "HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayServer", "RelayTestSupport", "RelayUpstream",
            ],
            swiftSettings: rules
        ),
        .testTarget(
            name: "BlackBoxTests",
            dependencies: ["RelayTestSupport", "tokenrelay", "demo-gateway"],
            swiftSettings: rules
        ),
    ]
)
