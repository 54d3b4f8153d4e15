// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore

/// The whole configuration from an environment: lines `NAME=value` with NUL between them; a file holds its own path.
///
/// What is accepted must be usable, and no secret stands in a message or among the values shown.
enum ConfigurationFuzz {
    private struct Unreadable: Error {}

    static func run(_ input: [UInt8]) throws {
        let lines = input.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var environment: [String: String] = [:]
        for line in lines.prefix(16) {
            guard let mark = line.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            environment[String(line[..<mark])] = String(line[line.index(after: mark)...])
        }
        do {
            let loaded = try Configuration.load(
                environment: environment, readFile: { try readFile($0) }, cores: 1 + input.count % 128)
            let shown = loaded.values.map(\.text) + loaded.warnings.map(\.description)
            try checkSilence(shown, environment)
            try use(loaded.configuration)
        } catch let errors as ConfigurationErrors {
            try require(!errors.problems.isEmpty, "refused without a reason")
            try checkSilence(errors.problems.map(\.description), environment)
        }
        _ = try? Configuration.loadListeners(environment: environment)
    }

    private static func readFile(_ path: String) throws -> [UInt8] {
        guard !path.hasSuffix("!") else { throw Unreadable() }
        return Array(path.utf8)
    }

    private static func use(_ configuration: Configuration) throws {
        try require((1...1_024).contains(configuration.loops), "no number of loops")
        _ = RequestFieldPolicy(upstream: configuration.upstream)
            .fields(from: [:], requestID: "id", token: Secret("t0ken"))
        _ = BodySplicer(configuration.edits).edited(Array("{\"model\":\"a\"}".utf8).span)
        _ = ReauthBodyRules(configuration.token.reauthRules).refuses(status: 401, body: [])
        let router = Router(paths: configuration.paths, upstream: configuration.upstream)
        guard case .forward(let target) = router.route(method: "POST", path: "/v1/chat/completions") else { return }
        let url = try target.url(model: "m")
        let base = configuration.upstream.endpointURLs[.chat] ?? configuration.upstream.baseURL ?? ""
        let origin = base.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
        let host = origin.joined(separator: "/").prefix { $0 != "?" }
        try require(url.text.hasPrefix(host), "the URL is elsewhere")
    }

    /// Long values of hidden variables appear nowhere, unless an open one has the same text.
    private static func checkSilence(_ texts: [String], _ environment: [String: String]) throws {
        let hidden = ConfigurationKey.all.filter { if case .hidden = $0.display { true } else { false } }.map(\.name)
        let open = environment.filter { !hidden.contains($0.key) }
        for name in hidden {
            guard let secret = environment[name], secret.utf8.count >= 16,
                !open.contains(where: { $0.key.contains(secret) || $0.value.contains(secret) })
            else { continue }
            let isKnown = ConfigurationKey.all.contains { $0.summary.contains(secret) || $0.example.contains(secret) }
            try require(isKnown || !texts.contains { $0.contains(secret) }, "the secret in \(name) is shown")
        }
    }
}
