// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore

/// The readers of configuration values: the first octet chooses the reader, the rest is the value.
enum ValueFuzz {
    private static let readers: [@Sendable (String) throws -> Void] = [
        { text in
            let duration = try ConfigurationValue.duration(text)
            try require(duration >= .zero, "a duration below zero")
            if duration.nanoseconds % 1_000_000 == 0 {
                let again = try? ConfigurationValue.duration(duration.configurationText)
                try require(again == duration, "\(duration.configurationText) is read as another duration")
            }
        },
        { try require(try ConfigurationValue.size($0) >= 0, "a size below zero") },
        { try require(try ConfigurationValue.integer($0) >= 0, "a number below zero") },
        { try require(try ConfigurationValue.fraction($0).isFinite, "no number") },
        { try check(try CheckedURL($0, mayHoldModel: false), of: $0) },
        { try check(try CheckedURL($0, mayHoldModel: true), of: $0) },
        { text in
            for pair in try ConfigurationValue.headers(text) {
                try require(ConfigurationValue.isToken(pair.name), "the name of a header is no token")
                try require(!pair.value.utf8.contains { $0 < 0x20 && $0 != 9 || $0 == 0x7F }, "a second field line")
            }
        },
        { text in
            for rule in try ReauthRule.parse(text) {
                try require((200...599).contains(rule.status), "no status")
                try require(rule.status >= 400 || rule.pointer != nil, "every answer would count")
                if let pointer = rule.pointer { try require(JSONPointer(pointer) != nil, "no pointer") }
            }
        },
        { _ = try ConfigurationValue.map($0) },
        { text in
            for rate in try ConfigurationValue.rates(text).values { try require(rate >= 0, "a rate below zero") }
        },
        { text in
            let models = try ConfigurationValue.models(text)
            try require(models.allSatisfy { !$0.id.isEmpty && ($0.maxModelLength ?? 1) > 0 }, "no model")
        },
        { _ = try ConfigurationValue.paths($0) },
        { text in
            let retry = try ConfigurationValue.retry(text)
            try require(min(retry.connect, retry.tooManyRequests, retry.unavailable) >= 0, "a count below zero")
        },
        { text in
            let token = try ConfigurationValue.bearerToken(text)
            try require(TokenValueCheck.problem(of: token.reveal) == nil, "a token that cannot be sent")
        },
        { text in
            let backoff = try ConfigurationValue.backoff(text)
            try require(backoff.first > .zero && backoff.first <= backoff.last, "a backoff that does not grow")
        },
        { _ = try ConfigurationValue.command($0) },
        { _ = try ConfigurationValue.formPairs($0) },
        { _ = try ConfigurationValue.grant($0) },
        { text in
            let keys = try ConfigurationValue.clientKeys(text)
            try require(!keys.isEmpty && keys.allSatisfy { !$0.key.isEmpty }, "no key")
        },
        { text in
            let address = try ListenAddress.parse(text)
            try require((try? ListenAddress.parse(address.text)) == address, "\(address.text) is another address")
        },
        { _ = try TokenReading.Place.parse($0) },
        { _ = try TokenReading.ExpiryPlace.parse($0) },
        { text in
            if case .format(let layout, _) = try TokenReading.ExpiryKind.parse(text) {
                try require(DateFormat(layout) != nil, "a layout that nothing reads")
            }
        },
        { _ = try TokenReading.Success.parse($0) },
        { try require(JSONPointer(try ConfigurationValue.pointer($0)) != nil, "no pointer") },
        { _ = (try ConfigurationValue.boolean($0), ConfigurationValue.list($0)) },
    ]

    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let text = String(decoding: input.rest, as: UTF8.self)
        _ = CheckedURL.displayed(text)
        let reader = input.variant(of: readers)
        do {
            try reader(text)
        } catch let error as ValueError {
            let isQuoted = text.utf8.count >= 16 && error.text.contains(text) && !isExample(text, of: reader)
            try require(!error.text.isEmpty && !isQuoted, "the message holds the value")
        }
    }

    /// Whether the value happens to be part of the example that the message shows whatever the value.
    private static func isExample(_ text: String, of reader: (String) throws -> Void) -> Bool {
        do {
            try reader("\u{1}")
            return false
        } catch let error as ValueError {
            return error.text.contains(text)
        } catch {
            return false
        }
    }

    /// A URL is dialled as it is read: its parts are those of the text.
    private static func check(_ url: CheckedURL, of text: String) throws {
        try require(!url.host.isEmpty && !url.host.utf8.contains { "@/?#\\ ".utf8.contains($0) }, "no host")
        try require(url.path.isEmpty || url.path.hasPrefix("/"), "no path")
        try require(text.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "no URL")
        let scheme = url.isSecure ? "https://" : "http://"
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        try require(text.lowercased().hasPrefix(scheme + host), "the host is not where it was read")
    }
}
