// SPDX-License-Identifier: Apache-2.0

/// Why one fetch brought no token.
///
/// Holds no secret, no URL and no body.
package struct TokenFetchFailure: Error, Hashable, Sendable {
    package enum Transport: String, CaseIterable, Hashable, Sendable {
        case unresolved, refused, timeout, tls, proxy, reset, badResponse, tooLarge, cancelled
    }

    package enum Exec: Hashable, Sendable {
        /// The program is missing or may not be run.
        case notFound
        /// No process could be made: descriptors, memory or processes are short.
        case notStarted
        case exit(Int32)
        case signal(Int32)
        case outputTooLarge
        case noOutput
    }

    package enum File: String, Hashable, Sendable {
        case missing, unreadable, empty, tooLarge
        /// The upstream refused the token, and the file still holds the same one.
        case unchanged
    }

    package enum Cause: Hashable, Sendable {
        /// No answer. `detail` is libcurl's text.
        case transport(Transport, detail: String)
        /// An answer that is not 2xx; `code` is the `error` member of RFC 6749 §5.2, or nil.
        case refused(status: Int, code: String?)
        /// A 2xx answer whose body says no (`RELAY_TOKEN_OK`, `error`, `error_code`); `code` is what stood there.
        case unsuccessful(code: String?)
        /// An answer without a token at its place, or with an unusable lifetime. `reason` is fixed text of ours.
        case badAnswer(reason: String)
        /// The token holds a byte that may not go into a header field.
        case illegalToken
        /// The token's end passed before its answer was here.
        case expiredOnArrival
        case exec(Exec)
        case file(File)
        /// A secret's `_FILE` or a placeholder's file could not be read; `name` is the variable or the path.
        case secretUnavailable(name: String)
        /// The fetch did not end within `RELAY_TOKEN_TIMEOUT`.
        case timeout
    }

    package var cause: Cause
    /// The issuer's `Retry-After`, uncapped.
    package var retryAfter: Duration?

    package init(_ cause: Cause, retryAfter: Duration? = nil) {
        (self.cause, self.retryAfter) = (Self.withPlainCode(cause), retryAfter)
    }
}

extension TokenFetchFailure {
    /// Codes of RFC 6749 §5.2 that asking again cannot heal.
    private static let finalCodes: Set<String> = [
        "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        "invalid_request", "access_denied",
    ]

    /// Whether the same request will be refused again: the next attempt then waits longer.
    package var isDeterministic: Bool {
        switch cause {
        case .refused(let status, let code):
            status == 401 || status == 403 || status == 404 || code.map(Self.finalCodes.contains) ?? false
        case .unsuccessful(let code): code.map(Self.finalCodes.contains) ?? false
        case .exec(.notFound), .secretUnavailable: true
        case .transport, .badAnswer, .illegalToken, .expiredOnArrival, .exec, .file, .timeout: false
        }
    }

    /// The class of the failure, a closed set for metrics.
    package var label: String {
        switch cause {
        case .transport(let kind, _):
            "transport_" + (kind == .badResponse ? "bad_response" : kind.rawValue.lowercased())
        case .refused: "refused"
        case .unsuccessful: "unsuccessful"
        case .badAnswer: "bad_answer"
        case .illegalToken: "illegal_token"
        case .expiredOnArrival: "expired_on_arrival"
        case .exec: "exec"
        case .file: "file"
        case .secretUnavailable: "secret_unavailable"
        case .timeout: "timeout"
        }
    }
}

extension TokenFetchFailure: CustomStringConvertible {
    /// One line for logs and the status page.
    package var description: String {
        switch cause {
        case .transport(let kind, let detail):
            detail.isEmpty ? "issuer not reached: \(kind.rawValue)" : "issuer not reached: \(kind.rawValue) (\(detail))"
        case .refused(let status, let code):
            (300...399).contains(status)
                ? "issuer answered \(status), a redirect, which is never followed; configure the final address"
                : "issuer answered \(status)" + Self.quoted(code)
        case .unsuccessful(let code): "issuer's answer says it did not succeed" + Self.quoted(code)
        case .badAnswer(let reason): "token answer is unusable: \(reason)"
        case .illegalToken: "token holds a space, a line end or another character that may not stand in a header field"
        case .expiredOnArrival: "issuer's token had ended before its answer arrived"
        case .exec(let kind): "token program " + Self.text(kind)
        case .file(.missing): "token file does not exist"
        case .file(.unreadable): "token file cannot be read"
        case .file(.empty): "token file is empty"
        case .file(.tooLarge): "token file is too large"
        case .file(.unchanged): "token file still holds the token that the upstream refused"
        case .secretUnavailable(let name): "secret \"\(name)\" cannot be read"
        case .timeout: "token fetch took longer than RELAY_TOKEN_TIMEOUT"
        }
    }

    private static func text(_ kind: Exec) -> String {
        switch kind {
        case .notFound: "does not exist or may not be run"
        case .notStarted: "could not be started"
        case .exit(let status): "ended with status \(status)"
        case .signal(let number): "was ended by signal \(number)"
        case .outputTooLarge: "printed too much"
        case .noOutput: "printed nothing"
        }
    }

    private static func quoted(_ code: String?) -> String { code.map { " \"\($0)\"" } ?? "" }

    /// Drops an issuer's code that does not look like one: an odd value could be anything, a secret included.
    private static func withPlainCode(_ cause: Cause) -> Cause {
        switch cause {
        case .refused(let status, let code?) where !isPlain(code): .refused(status: status, code: nil)
        case .unsuccessful(let code?) where !isPlain(code): .unsuccessful(code: nil)
        default: cause
        }
    }

    private static func isPlain(_ code: String) -> Bool {
        (1...40).contains(code.utf8.count)
            && code.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}
