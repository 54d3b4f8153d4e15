// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// The least that starts a relay.
let minimalEnvironment = ["RELAY_UPSTREAM_URL": "https://llm.corp.example/v1", "RELAY_TOKEN": "t0ken"]

struct NoSuchFile: Error, CustomStringConvertible { var description: String { "no such file" } }

/// Loads with a file system of texts.
func load(
    _ environment: [String: String], files: [String: String] = [:], cores: Int = 2
) throws(ConfigurationErrors) -> Configuration.Loaded {
    try Configuration.load(
        environment: environment,
        readFile: { path in
            guard let text = files[path] else { throw NoSuchFile() }
            return Array(text.utf8)
        }, cores: cores)
}

/// Adds to the minimal environment; nil takes a variable away.
func load(adding changes: [String: String?], files: [String: String] = [:]) throws(ConfigurationErrors)
    -> Configuration.Loaded
{
    var environment = minimalEnvironment
    for (name, value) in changes { environment[name] = value }
    return try load(environment, files: files)
}

/// The problems of a load, or none.
func problems(_ environment: [String: String], files: [String: String] = [:]) -> [ConfigurationProblem] {
    do throws(ConfigurationErrors) {
        _ = try load(environment, files: files)
        return []
    } catch {
        return error.problems
    }
}

func problems(adding changes: [String: String?], files: [String: String] = [:]) -> [ConfigurationProblem] {
    var environment = minimalEnvironment
    for (name, value) in changes { environment[name] = value }
    return problems(environment, files: files)
}

/// The text after the variable's name that a parser refuses a value with; nil if it takes it.
func refusal<T>(_ parse: () throws(ValueError) -> T) -> String? {
    do throws(ValueError) {
        _ = try parse()
        return nil
    } catch {
        return error.text
    }
}
