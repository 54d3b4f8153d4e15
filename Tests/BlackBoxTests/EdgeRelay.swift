// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Gives a suite one `EdgeBench` for all of its tests, and ends it with the suite.
struct EdgeRelay: SuiteTrait, TestScoping {
    @TaskLocal static var bench: EdgeBench?

    let environment: [String: String]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let environment = environment
        let bench = try await onThread { try EdgeBench(environment) }
        defer { bench.stop() }
        try await Self.$bench.withValue(bench) { try await function() }
    }
}

extension Trait where Self == EdgeRelay {
    /// One relay, configured so, for the whole suite.
    static func relay(_ environment: [String: String] = [:]) -> Self { EdgeRelay(environment: environment) }
}

/// Runs blocking test code with the suite's bench, on a thread of its own.
func edge<R: Sendable>(_ body: @escaping @Sendable (EdgeBench) throws -> R) async throws -> R {
    let bench = try #require(EdgeRelay.bench)
    return try await onThread { try body(bench) }
}

/// Runs blocking test code with a relay of its own.
func edge<R: Sendable>(
    _ environment: [String: String], _ body: @escaping @Sendable (EdgeBench) throws -> R
) async throws -> R {
    try await onThread {
        let bench = try EdgeBench(environment)
        defer { bench.stop() }
        return try body(bench)
    }
}
