// SPDX-License-Identifier: Apache-2.0
package import RelayCore
import RelayLoop

/// A token that something else keeps in a file: a kubelet, a Vault agent, a cron job.
///
/// The file is watched by looking at it every `RELAY_TOKEN_FILE_POLL`. A missing or empty file brings no token and ends
/// none: writers that truncate first have such a moment.
package actor FileTokenSource: TokenSource {
    /// What the file looked like when it was last read.
    private struct State {
        var identity: SmallFile.Identity
        var bytes: [UInt8]
        /// False if it was written so shortly before that a second write may have left no trace in its times.
        var isSettled: Bool
    }

    private let configuration: FileTokenConfiguration
    private let reader: LocalTokenReader
    private var last: State?

    package init(_ configuration: FileTokenConfiguration, reading: TokenReading) {
        self.configuration = configuration
        reader = LocalTokenReader(reading, isUnlimitedWithoutExpiry: true)
    }

    package nonisolated var traits: TokenSourceTraits {
        TokenSourceTraits(isLocal: true, pollInterval: configuration.poll)
    }

    package func fetch(_ context: TokenFetchContext) async throws(TokenFetchFailure) -> TokenGrant {
        let content = try read()
        let answer = TokenAnswer(local: content.bytes, name: "the file")
        guard answer.text?.isEmpty != true else { throw TokenFetchFailure(.file(.empty)) }
        remember(content)
        var clock = ReadingClock(wallNanoseconds: context.startedAt.wallNanoseconds)
        clock.wasWritten(atNanoseconds: content.identity.modifiedNanoseconds)
        var grant: TokenGrant
        do {
            grant = try reader.read(answer, clock: clock)
        } catch {
            throw error.failure
        }
        if let rejected = context.rejected, rejected.matches(grant.value.reveal.utf8) {
            throw TokenFetchFailure(.file(.unchanged))
        }
        if content.isReadableByOthers { grant.warnings.append(.readableByOthers) }
        return grant
    }

    /// True only for a file with something in it that differs from what was read last.
    package func hasChanged() async -> Bool {
        guard let identity = try? SmallFile.identity(of: configuration.path) else { return false }
        if let last, last.identity == identity, last.isSettled { return false }
        guard let content = try? read(), content.bytes.contains(where: { $0 > 0x20 }) else { return false }
        guard let last, last.identity == content.identity, last.bytes == content.bytes else { return true }
        remember(content)
        return false
    }

    private func remember(_ content: SmallFile.Content) {
        let age = MonotonicClock.wallNanoseconds - content.identity.modifiedNanoseconds
        last = State(identity: content.identity, bytes: content.bytes, isSettled: age > 1_000_000_000)
    }

    private func read() throws(TokenFetchFailure) -> SmallFile.Content {
        do {
            return try SmallFile.read(configuration.path, limit: SecretReader.limit)
        } catch {
            throw TokenFetchFailure(.file(error.isMissing ? .missing : error.isTooLarge ? .tooLarge : .unreadable))
        }
    }
}
