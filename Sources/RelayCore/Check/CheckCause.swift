// SPDX-License-Identifier: Apache-2.0
// Check/ is `tokenrelay check` without its sockets: steps, causes with their cures, verdicts, and how all of it reads.
//   CheckCause       the closed set of what can be wrong; CheckFinding: one of them, with its two sentences
//   CheckFinding+…   turn what happened (a transport failure, an answer, a stream) into a finding
//   CheckReport      results in order, as JSON; CheckText: as lines for people

/// What `tokenrelay check` tells apart; the raw value stands in the JSON report.
package enum CheckCause: String, CaseIterable, Hashable, Sendable {
    case variableMissing = "variable_missing"
    case variableMalformed = "variable_malformed"

    case configurationWarning = "configuration_warning"

    case nameUnresolved = "name_unresolved"
    case connectionRefused = "connection_refused"
    case connectTimeout = "connect_timeout"
    case connectionLost = "connection_lost"
    case proxyNeeded = "proxy_needed"
    case proxyUnreachable = "proxy_unreachable"
    case proxyLogin = "proxy_login"
    case proxyRefused = "proxy_refused"
    case tlsUnknownAuthority = "tls_unknown_authority"
    case tlsNameMismatch = "tls_name_mismatch"
    case tlsExpired = "tls_expired"
    case tlsNotYetValid = "tls_not_yet_valid"
    case tlsClientCertificate = "tls_client_certificate"
    case tlsNotSpoken = "tls_not_spoken"
    case tlsNeeded = "tls_needed"
    case tlsFailed = "tls_failed"
    case answerTimeout = "answer_timeout"
    case notHTTP = "not_http"

    case clockOff = "clock_off"

    case issuerRefusedClient = "issuer_refused_client"
    case issuerRefusedGrant = "issuer_refused_grant"
    case issuerRefusedRequest = "issuer_refused_request"
    case issuerPathWrong = "issuer_path_wrong"
    case issuerRedirects = "issuer_redirects"
    case issuerBusy = "issuer_busy"
    case issuerFault = "issuer_fault"
    case issuerSaidNo = "issuer_said_no"
    case tokenMissing = "token_missing"
    case tokenAnswerNotJSON = "token_answer_not_json"
    case expiryUnreadable = "expiry_unreadable"
    case tokenExpired = "token_expired"
    case tokenIllegal = "token_illegal"
    case secretUnreadable = "secret_unreadable"
    case tokenProgram = "token_program"
    case tokenFile = "token_file"
    case tokenWarning = "token_warning"

    case tokenRefused = "token_refused"
    case tokenForbidden = "token_forbidden"
    case pathUnknown = "path_unknown"
    case versionSegment = "version_segment"
    case modelListMissing = "model_list_missing"
    case modelUnknown = "model_unknown"
    case requestRefused = "request_refused"
    case rateLimited = "rate_limited"
    case redirected
    case upstreamFault = "upstream_fault"
    case answerNotJSON = "answer_not_json"
    case answerUnexpected = "answer_unexpected"

    case streamInOneLump = "stream_in_one_lump"
    case streamIgnored = "stream_ignored"
    case streamError = "stream_error"
    case firstPieceSlow = "first_piece_slow"

    case relayKeyRefused = "relay_key_refused"
    case relayNotReady = "relay_not_ready"
    case relayPathUnknown = "relay_path_unknown"
    case relayUpstreamFailed = "relay_upstream_failed"
    case relayRefused = "relay_refused"
    case buffersAtGateway = "buffers_at_gateway"
    case buffersAtRelay = "buffers_at_relay"
}

/// One thing found wrong: which, why, and what to try next.
///
/// Never holds a secret.
package struct CheckFinding: Error, Hashable, Sendable {
    package let code: CheckCause
    package let advice: Advice

    package init(_ code: CheckCause, cause: Sentence, cure: Sentence) {
        (self.code, advice) = (code, Advice(cause: cause, cure: cure))
    }

    package init(_ code: CheckCause, _ advice: Advice) { (self.code, self.advice) = (code, advice) }
}
