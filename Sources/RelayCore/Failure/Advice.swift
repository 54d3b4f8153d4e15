// SPDX-License-Identifier: Apache-2.0

/// One sentence in English and Chinese.
package struct Sentence: Hashable, Sendable {
    package let english: String
    package let chinese: String

    package init(_ english: String, _ chinese: String) { (self.english, self.chinese) = (english, chinese) }
}

/// What a person needs when something went wrong: why, and what to do.
///
/// For the status page, `check` and the README.
package struct Advice: Hashable, Sendable {
    package let cause: Sentence
    package let cure: Sentence

    package init(cause: Sentence, cure: Sentence) { (self.cause, self.cure) = (cause, cure) }
}
