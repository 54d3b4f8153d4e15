// swift-tools-version:6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Tests and their support drive the kernel directly, so they alone go without strict memory safety.
let testRules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// Every shipped target is held to the same rules; ARCHITECTURE.md says why.
let rules = testRules + [.strictMemorySafety()]

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
            // The status page becomes part of the binary, which is alone in its image.
            resources: [
                "status.html", "status.css", "words.js", "tools.js", "report.js", "plots.js", "views.js",
                "exchanges.js",
                "chat.js", "main.js",
            ].map { .embedInCode("Page/\($0)") },
            swiftSettings: rules
        ),
        .target(
            name: "RelayCheck",
            dependencies: ["HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayUpstream"],
            swiftSettings: rules
        ),
        .target(
            name: "RelayTestSupport",
            dependencies: ["CLinux"],
            // Optimised in debug builds too: it hashes what the tests send.
            swiftSettings: testRules + [.unsafeFlags(["-O"], .when(configuration: .debug))]
        ),
        .executableTarget(
            name: "tokenrelay",
            dependencies: [
                "HTTPWire", "RelayBase", "RelayCheck", "RelayCore", "RelayLoop", "RelayServer", "RelayUpstream",
            ],
            swiftSettings: rules
        ),
        .executableTarget(
            name: "relay-bench",
            dependencies: ["HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayUpstream"],
            swiftSettings: rules
        ),
        .executableTarget(name: "demo-gateway", dependencies: ["RelayTestSupport"], swiftSettings: testRules),
        .testTarget(
            name: "HTTPWireTests", dependencies: ["HTTPWire", "RelayTestSupport"], exclude: ["Corpus"],
            swiftSettings: testRules
        ),
        .testTarget(
            name: "RelayCoreTests", dependencies: ["HTTPWire", "RelayBase", "RelayCore"], swiftSettings: testRules),
        .testTarget(
            name: "RelayLoopTests", dependencies: ["CLinux", "RelayBase", "RelayLoop", "RelayTestSupport"],
            swiftSettings: testRules),
        .testTarget(
            name: "RelayUpstreamTests",
            dependencies: [
                "HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayUpstream", "RelayTestSupport",
            ],
            swiftSettings: testRules
        ),
        .testTarget(
            name: "RelayServerTests",
            dependencies: [
                "HTTPWire", "RelayBase", "RelayCore", "RelayLoop", "RelayServer", "RelayTestSupport", "RelayUpstream",
            ],
            swiftSettings: testRules
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["HTTPWire", "RelayBase", "RelayCore", "RelayTestSupport"],
            path: "Tests/Fuzz",
            exclude: ["Corpus", "LibFuzzer.swift", "corpus.py", "words.dict"],
            swiftSettings: testRules
        ),
        .testTarget(
            name: "BlackBoxTests",
            dependencies: ["RelayTestSupport", "tokenrelay", "demo-gateway"],
            swiftSettings: testRules
        ),
    ]
)
