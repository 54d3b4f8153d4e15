// SPDX-License-Identifier: Apache-2.0

/// Why an answer holds no usable token; the text names places and members, never a value.
package struct TokenReadingProblem: Error, Equatable, Sendable {
    /// The class of what is wrong.
    package enum Kind: Equatable, Sendable {
        case badAnswer
        case illegalToken
        /// The answer itself says that the login failed; `code` is a name or number of a plain form, or nil.
        case unsuccessful(code: String?)
    }

    package var kind: Kind
    package var text: String

    package init(_ text: String, kind: Kind = .badAnswer) { (self.text, self.kind) = (text, kind) }

    /// The failure of the fetch.
    package var failure: TokenFetchFailure {
        switch kind {
        case .badAnswer: TokenFetchFailure(.badAnswer(reason: text))
        case .illegalToken: TokenFetchFailure(.illegalToken)
        case .unsuccessful(let code): TokenFetchFailure(.unsuccessful(code: code))
        }
    }
}
