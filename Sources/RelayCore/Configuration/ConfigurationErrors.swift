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
    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    /// One line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }

    /// `EX_CONFIG` of sysexits.h.
    package static let exitCode: Int32 = 78
}
