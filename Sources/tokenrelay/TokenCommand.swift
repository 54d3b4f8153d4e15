// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCheck
import RelayCore
import RelayLoop
import RelayServer
import RelayUpstream

/// `tokenrelay token`: fetches once and says how long the token lives; `--watch --out FILE` keeps a token file new.
@MainActor
enum TokenCommand {
    static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
        var arguments = arguments
        let variables = ProcessEnvironment.variables
        let language = try CheckOptions.language(&arguments, variables)
        let isWatching = arguments.flag("--watch")
        let isBare = arguments.flag("--bare")
        let path = try arguments.value("--out")
        try arguments.finish()
        guard isWatching == (path != nil) else {
            throw UsageError("token: --watch and --out FILE belong together; neither fetches once and prints no token")
        }
        guard let loaded = ProcessEnvironment.loadConfiguration() else { return ConfigurationErrors.exitCode }
        ProcessLimits.disableCoreDumps()
        // Before the first thread: all of them must block the signals that are waited for.
        if isWatching { Signals.prepare() }
        do {
            let profile = try TransportProfile(
                loaded.configuration.token.transport, connectTimeout: loaded.configuration.clocks.connect
            ) { try? ProcessEnvironment.readFile($0) }
            let loop = try ProbeLoop(issuerProfile: profile)
            if let path { return try watch(loaded, loop, path: path, isBare ? .bare : .json) }
            defer { loop.stop() }
            return try await fetchOnce(loaded.configuration, loop, language)
        } catch let problem as TemplateProblem {
            ProcessEnvironment.writeError("tokenrelay: \(problem.text)\n")
            return ConfigurationErrors.exitCode
        } catch {
            ProcessEnvironment.writeError("tokenrelay: cannot fetch a token: \(error)\n")
            return 1
        }
    }

    private static func fetchOnce(
        _ configuration: Configuration, _ loop: ProbeLoop, _ language: CheckLanguage
    ) async throws -> Int32 {
        guard
            let fetcher = try TokenFetcher(
                configuration, transport: loop, environment: ProcessEnvironment.variables)
        else { return noSource(language) }
        let step = CheckStep(.token)
        let startedAt = MonotonicClock.now
        let fetched = await fetcher.fetch()
        await fetcher.cache.stop()
        let time = MonotonicClock.now - startedAt
        let result: CheckResult
        switch fetched {
        case .success(let token):
            let findings = token.warnings.map { CheckFinding($0) }
            result = CheckResult(
                step, findings.isEmpty ? .passed : .warned(findings), time: time, detail: token.description)
        case .failure(let finding): result = CheckResult(step, .failed([finding]), time: time)
        }
        ProcessEnvironment.write(CheckText(language, isColoured: false).text(result))
        return result.isFailed ? 1 : 0
    }

    /// Renews until a signal says stop; SIGHUP fetches at once.
    ///
    /// Not asynchronous: a main thread that has once suspended takes signals again, and the first would end the process.
    private static func watch(
        _ loaded: Configuration.Loaded, _ loop: ProbeLoop, path: String, _ form: TokenBroker.Form
    ) throws -> Int32 {
        var configuration = loaded.configuration
        // Nobody asks this cache for tokens; the file's readers are its use.
        configuration.token.renewal.idleStop = nil
        let output = try StandardOutput(format: configuration.log.format)
        let log = Log(level: configuration.log.level, format: configuration.log.format, sink: output) {
            MonotonicClock.wallNanoseconds
        }
        let broker = TokenBroker(path: path, form: form, log: log)
        guard
            let fetcher = try TokenFetcher(
                configuration, transport: loop, environment: ProcessEnvironment.variables,
                observe: { broker.observe($0) })
        else { return noSource(.english) }
        for warning in loaded.warnings {
            log.warn("configuration", ["variable": .string(warning.variable), "detail": .string(warning.text)])
        }
        let renewal = Task.detached { await broker.run(fetcher) }
        while Signals.wait() == .reload {
            log.info("reload", [:])
            // Whoever signals a broker wants another token: this one may have been revoked.
            Task.detached { await fetcher.cache.reset(renewsFresh: true) }
        }
        renewal.cancel()
        log.info("stopped", ["reason": .string("signal")])
        output.flush()
        // Not `exit`: its handlers would race with threads that still run.
        ProcessLimits.exitNow(0)
    }

    private static func noSource(_ language: CheckLanguage) -> Int32 {
        let text = Sentence(
            "tokenrelay: no token source is configured (RELAY_TOKEN_SOURCE=none)\n",
            "tokenrelay：未配置令牌来源（RELAY_TOKEN_SOURCE=none）\n")
        ProcessEnvironment.writeError(language.text(text))
        return ConfigurationErrors.exitCode
    }
}
