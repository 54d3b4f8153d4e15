// SPDX-License-Identifier: Apache-2.0
import Foundation
package import RelayCore
import RelayLoop

/// A token that a program prints (`RELAY_TOKEN_EXEC`): bare, as kubectl's ExecCredential, or as a token answer.
///
/// What the program writes to standard error is counted and thrown away: programs print secrets there.
package struct ExecTokenSource: TokenSource {
    /// What any program needs; everything else the operator names.
    private static let inherited: Set<String> = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR"]

    private let arguments: [String]
    private let environment: [String]
    private let reader: LocalTokenReader

    /// - Parameter environment: the relay's own, of which the program gets a few and the declared names.
    package init(_ configuration: ExecTokenConfiguration, reading: TokenReading, environment: [String: String]) {
        arguments =
            switch configuration.command {
            case .argv(let arguments): arguments
            case .shell(let line): ["/bin/sh", "-c", line]
            }
        let declared = Set(configuration.environment)
        self.environment = environment.filter { name, _ in
            Self.inherited.contains(name) || name.hasPrefix("LC_") || declared.contains(name)
        }.map { "\($0)=\($1)" }.sorted()
        reader = LocalTokenReader(reading)
    }

    package func fetch(_ context: TokenFetchContext) async throws(TokenFetchFailure) -> TokenGrant {
        let request = ChildProcess.Request(
            arguments: arguments, environment: environment, timeout: context.timeout)
        let result: ChildProcess.Result
        switch await Self.run(request) {
        case .success(let ended): result = ended
        case .failure(let error): throw TokenFetchFailure(.exec(error.isNotRunnable ? .notFound : .notStarted))
        }
        switch result.ending {
        case .exited(0): break
        case .exited(let status): throw TokenFetchFailure(.exec(.exit(status)))
        case .signaled(let number): throw TokenFetchFailure(.exec(.signal(number)))
        case .timedOut: throw TokenFetchFailure(.timeout)
        case .cancelled: throw TokenFetchFailure(.transport(.cancelled, detail: ""))
        case .outputTooLarge: throw TokenFetchFailure(.exec(.outputTooLarge))
        }
        let answer = TokenAnswer(local: result.output, name: "the program's output")
        guard answer.text?.isEmpty != true else { throw TokenFetchFailure(.exec(.noOutput)) }
        do {
            return try reader.read(
                answer, clock: ReadingClock(wallNanoseconds: context.startedAt.wallNanoseconds))
        } catch {
            throw error.failure
        }
    }

    /// Runs the program on a thread of its own: waiting for it must not hold one of the few that serve all tasks.
    private static func run(_ request: ChildProcess.Request) async -> Result<ChildProcess.Result, SystemCallError> {
        let cancellation = ChildProcess.Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread {
                    let result: Result<ChildProcess.Result, SystemCallError>
                    do throws(SystemCallError) {
                        result = .success(try ChildProcess.run(request, cancellation: cancellation))
                    } catch {
                        result = .failure(error)
                    }
                    continuation.resume(returning: result)
                }
                thread.name = "token-exec"
                thread.start()
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
