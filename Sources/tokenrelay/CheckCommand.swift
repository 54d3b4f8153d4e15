// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayBase
import RelayCheck
import RelayCore
import RelayLoop

/// `tokenrelay check`: tests every step to issuer and upstream, or to a relay that runs, and says what is wrong.
enum CheckCommand {
    static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
        var environment = ProcessEnvironment.variables
        let options = try CheckOptions(arguments, environment: environment)
        let ownKey = try ownKey(environment)
        for name in CheckOptions.ownVariables { environment[name] = nil }
        let setup = try setup(options, environment, ownKey)
        ProcessLimits.disableCoreDumps()

        let isColoured = isatty(1) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        let text = CheckText(options.language, isColoured: isColoured)
        let progress = CheckProgress(text, isShown: isatty(2) == 1)
        let isJSON = options.isJSON
        let observer = CheckObserver(
            began: { progress.began($0) },
            ended: { result in
                progress.ended()
                if !isJSON { ProcessEnvironment.write(text.text(result)) }
            })
        let startedAt = MonotonicClock.now
        do {
            var run = CheckRun(setup, observer)
            let report = try await run.run()
            progress.ended()
            let time = MonotonicClock.now - startedAt
            if isJSON {
                ProcessEnvironment.write(
                    String(decoding: report.json(options.language, took: time), as: UTF8.self) + "\n")
            } else {
                ProcessEnvironment.write(text.summary(report, took: time))
            }
            return report.exitCode
        } catch {
            ProcessEnvironment.writeError("tokenrelay: cannot check: \(error)\n")
            return 1
        }
    }

    private static func setup(
        _ options: CheckOptions, _ environment: [String: String], _ ownKey: Secret?
    ) throws(UsageError) -> CheckSetup {
        var configuration: Result<Configuration.Loaded, ConfigurationErrors>?
        if options.relayURL == nil || CheckOptions.configures(environment) {
            configuration = ProcessEnvironment.tryConfiguration(environment)
        }
        var setup = CheckSetup(
            configuration: configuration, environment: environment, models: CheckModels(options: options.models)
        ) { try? ProcessEnvironment.readFile($0) }
        (setup.limit, setup.slow) = (options.limit, options.slow)
        guard let url = options.relayURL else { return setup }
        var key = options.key ?? ownKey
        if key == nil, case .success(let loaded) = configuration { key = loaded.configuration.clients.keys?.first?.key }
        do throws(ValueError) {
            setup.relay = try CheckSetup.Relay(url: url, key: key)
        } catch {
            throw UsageError("--url: \"\(SafeText.printable(CheckedURL.displayed(url), limit: 120))\" \(error.text)")
        }
        return setup
    }

    private static func ownKey(_ environment: [String: String]) throws(UsageError) -> Secret? {
        if let key = environment["RELAY_CHECK_KEY"], !key.isEmpty { return Secret(key) }
        guard let path = environment["RELAY_CHECK_KEY_FILE"], !path.isEmpty else { return nil }
        guard let bytes = try? ProcessEnvironment.readFile(path) else {
            throw UsageError("RELAY_CHECK_KEY_FILE: \(ConfigurationKey.Display.path.quoted(path)) cannot be read")
        }
        let text = String(decoding: TextTrimming.withoutByteOrderMark(bytes), as: UTF8.self)
        return Secret(ConfigurationValue.trimmed(text))
    }
}
