// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayUpstream

/// The way to the issuer before its loop runs: calls wait until the loop has opened it.
final class IssuerDoor: IssuerTransport {
    private struct State: Sendable {
        var transport: LoopIssuerTransport?
        var waiting: [CheckedContinuation<LoopIssuerTransport, Never>] = []
    }
    private let state = Lock(State())

    func open(_ transport: LoopIssuerTransport) {
        let waiting = state.withLock { state in
            state.transport = transport
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: transport) }
    }

    func send(_ request: IssuerRequest) async throws(IssuerTransportError) -> IssuerResponse {
        let transport = await withCheckedContinuation { continuation in
            let ready: LoopIssuerTransport? = state.withLock { state in
                if state.transport == nil { state.waiting.append(continuation) }
                return state.transport
            }
            if let ready { continuation.resume(returning: ready) }
        }
        return try await transport.send(request)
    }
}
