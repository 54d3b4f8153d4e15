// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop

/// One fetch from an issuer over HTTP: sends requests within the fetch's time and turns each answer into a grant or the
/// reason why there is none.
struct IssuerExchange {
    let transport: any IssuerTransport
    let reader: TokenAnswerReader
    let context: TokenFetchContext
    /// The secrets of the request; no failure repeats one.
    var secrets = SecretReader()
    private let deadline: Instant

    init(transport: any IssuerTransport, reading: TokenReading, context: TokenFetchContext) {
        (self.transport, self.context) = (transport, context)
        reader = TokenAnswerReader(reading)
        deadline = MonotonicClock.now + context.timeout
    }

    /// - Throws: `TokenFetchFailure` for no answer, any status but 2xx, and an answer without a usable token.
    func send(_ request: IssuerRequest) async throws(TokenFetchFailure) -> (grant: TokenGrant, answer: TokenAnswer) {
        var request = request
        request.timeout = deadline - MonotonicClock.now
        // Some gateways turn away who does not say who it is.
        request.addMissingField("User-Agent", "tokenrelay")
        guard request.timeout > .zero else { throw TokenFetchFailure(.timeout) }
        let response: IssuerResponse
        do {
            response = try await transport.send(request)
        } catch {
            throw failure(for: error)
        }
        guard (200...299).contains(response.status) else { throw refusal(response) }
        let answer = TokenAnswer(fields: response.fields, body: response.body)
        do {
            let clock = ReadingClock(wallNanoseconds: context.startedAt.wallNanoseconds)
            var grant = try reader.read(answer, clock: clock)
            if secrets.sawReadableByOthers { grant.warnings.append(.readableByOthers) }
            return (grant, answer)
        } catch {
            var failure = error.failure
            if case .unsuccessful(let code) = failure.cause {
                failure.cause = .unsuccessful(code: secrets.harmless(code))
            }
            throw failure
        }
    }

    private func refusal(_ response: IssuerResponse) -> TokenFetchFailure {
        let code = try? TokenAnswer(fields: [], body: response.body).json().errorCode
        let retryAfter = response.field("Retry-After").flatMap {
            RetryAfterText.duration(
                $0, date: response.field("Date"), wallNanoseconds: context.startedAt.wallNanoseconds)
        }
        return TokenFetchFailure(
            .refused(status: response.status, code: secrets.harmless(code)), retryAfter: retryAfter)
    }

    private func failure(for error: IssuerTransportError) -> TokenFetchFailure {
        let kind: TokenFetchFailure.Transport =
            switch error.kind {
            case .unresolved: .unresolved
            case .refused: .refused
            case .timeout: .timeout
            case .tls: .tls
            case .proxy: .proxy
            case .reset: .reset
            case .badResponse: .badResponse
            case .tooLarge: .tooLarge
            case .cancelled: .cancelled
            }
        return TokenFetchFailure(.transport(kind, detail: secrets.harmless(error.detail) ?? ""))
    }
}
