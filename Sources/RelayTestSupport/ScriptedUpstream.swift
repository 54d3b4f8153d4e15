// SPDX-License-Identifier: Apache-2.0

/// A server on a kernel-chosen loopback port that does, byte for byte, what a test tells it.
///
/// Each connection runs its closure on a thread of its own and is closed when the closure returns or throws. Everything
/// ends with `stop` or when the last reference goes.
package final class ScriptedUpstream: Sendable {
    private struct State: Sendable {
        var accepted = 0
        var open: [Int: ScriptedConnection] = [:]
        var requests: [RecordedRequest] = []
        var errors: [String] = []
        var stopped = false
    }

    private let state: Monitor<State>
    private let listener: Listener

    package var endpoint: Endpoint { listener.endpoint }
    package var port: UInt16 { endpoint.port }
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package var baseURL: String { "http://\(endpoint)" }

    /// Serves each connection with `serve`.
    package convenience init(
        on endpoint: Endpoint = .loopback(0),
        serve: @escaping @Sendable (ScriptedConnection) throws -> Void
    ) throws {
        try self.init(on: ReservedAddress(endpoint), serve: serve)
    }

    /// Begins to serve at an address that was held till now.
    package init(
        on address: ReservedAddress, serve: @escaping @Sendable (ScriptedConnection) throws -> Void
    ) throws {
        let state = Monitor(State())
        self.state = state
        listener = try Listener(on: address) { socket in Self.run(socket, in: state, serve) }
    }

    /// Serves each request with `respond`, connections kept alive until the client closes them.
    package static func perRequest(
        on endpoint: Endpoint = .loopback(0),
        respond: @escaping @Sendable (RecordedRequest, ScriptedConnection) throws -> Void
    ) throws -> ScriptedUpstream {
        try perRequest(on: ReservedAddress(endpoint), respond: respond)
    }

    package static func perRequest(
        on address: ReservedAddress,
        respond: @escaping @Sendable (RecordedRequest, ScriptedConnection) throws -> Void
    ) throws -> ScriptedUpstream {
        try ScriptedUpstream(on: address) { connection in
            while let request = try connection.readRequest(timeout: .seconds(3_600)) {
                try respond(request, connection)
            }
        }
    }

    deinit { stop() }

    /// Closes the listener and every connection.
    package func stop() {
        listener.stop()
        let open = state.withLock { state in
            state.stopped = true
            return Array(state.open.values)
        }
        for connection in open { connection.close() }
    }

    /// Connections accepted so far.
    package var connectionCount: Int { state.value.accepted }
    /// Connections whose closure still runs.
    package var openConnectionCount: Int { state.value.open.count }
    /// Requests in the order in which they were read.
    package var requests: [RecordedRequest] { state.value.requests }
    package var requestCount: Int { state.value.requests.count }
    /// What closures threw, for a failing test's message.
    package var errors: [String] { state.value.errors }

    package func waitForConnections(_ count: Int, timeout: Duration = hangLimit) -> Bool {
        state.wait(timeout: timeout) { $0.accepted >= count }
    }

    package func waitForRequests(_ count: Int, timeout: Duration = hangLimit) -> Bool {
        state.wait(timeout: timeout) { $0.requests.count >= count }
    }

    /// True once every closure has returned.
    package func waitUntilIdle(timeout: Duration = hangLimit) -> Bool {
        state.wait(timeout: timeout) { $0.open.isEmpty }
    }

    private static func run(
        _ socket: StreamSocket, in state: Monitor<State>, _ serve: @Sendable (ScriptedConnection) throws -> Void
    ) {
        let record: @Sendable (RecordedRequest) -> Void = { request in
            state.withLock { $0.requests.append(request) }
        }
        let connection: ScriptedConnection? = state.withLock { state in
            if state.stopped { return nil }
            let made = ScriptedConnection(index: state.accepted, socket: socket, record: record)
            state.accepted += 1
            state.open[made.index] = made
            return made
        }
        guard let connection else { return socket.close() }
        do {
            try serve(connection)
        } catch {
            state.withLock { $0.errors.append("connection \(connection.index): \(error)") }
        }
        connection.close()
        _ = state.withLock { $0.open.removeValue(forKey: connection.index) }
    }
}
