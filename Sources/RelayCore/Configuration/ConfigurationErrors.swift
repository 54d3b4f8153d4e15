// SPDX-License-Identifier: Apache-2.0

/// One thing wrong with the configuration: the variable, and what to do about it.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    package var variable: String
    /// Never holds the value of a secret.
    package var text: String
    package init(_ variable: String, _ text: String) { (self.variable, self.text) = (variable, text) }
    package var description: String { "\(variable): \(text)" }
}

/// All problems of one load, so that the operator fixes them in one go.
package struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]
    /// What is not fatal by itself and may well be the reason: a required variable is missing because its name is
    /// misspelt.
    package var warnings: [ConfigurationProblem]
    package init(_ problems: [ConfigurationProblem], warnings: [ConfigurationProblem] = []) {
        (self.problems, self.warnings) = (problems, warnings)
    }

    /// One line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }

    /// `EX_CONFIG` of sysexits.h.
    package static let exitCode: Int32 = 78
}
