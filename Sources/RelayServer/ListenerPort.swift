// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop

/// A listener on its loop: accepts a bounded number a turn, and stops asking while descriptors are short.
///
/// **Isolation**: loop thread.
final class ListenerPort: ReadinessHandler, DeadlineHandler {
    private static let acceptsPerTurn = 32
    /// How long it waits when the process is out of descriptors, unless a connection ends before.
    private static let rest: Duration = .milliseconds(250)

    private let listener: Listener
    private unowned let server: LoopServer
    private let isAdmin: Bool
    private var registration: Registration?
    private var resting: DeadlineID?
    /// The last connection got one of the last descriptors: the next has to wait until there is room again.
    private var isShort = false
    /// The shortage at hand has been written to the log.
    private var hasWarned = false

    init(_ listener: Listener, _ server: LoopServer, isAdmin: Bool) throws(SystemCallError) {
        self.listener = listener
        (self.server, self.isAdmin) = (server, isAdmin)
        try watch()
    }

    func descriptorReady(_ readiness: Readiness) { accept(atMost: Self.acceptsPerTurn) }

    private func accept(atMost count: Int) {
        for _ in 0..<count {
            do throws(SystemCallError) {
                if isShort { try listener.requireRoom() }
                isShort = false
                guard let descriptor = try listener.accept() else {
                    hasWarned = false
                    return
                }
                isShort = descriptor.rawValue >= ProcessLimits.descriptorCeiling
                server.accepted(descriptor, isAdmin: isAdmin)
            } catch {
                return restAwhile(error)
            }
        }
    }

    /// A descriptor has come free.
    func roomMade() { if resting != nil { resume() } }

    func deadlineReached() {
        resting = nil
        resume()
    }

    /// Connections that the kernel has already accepted are taken in: closing would reset them.
    func close() {
        listener.removeFile()
        if registration != nil { accept(atMost: Listener.backlog) }
        if let registration { server.loop.deregister(registration) }
        registration = nil
        if let resting { server.loop.cancel(resting) }
        resting = nil
    }

    /// Level-triggered readiness would call again at once, for ever.
    private func restAwhile(_ error: SystemCallError) {
        if !hasWarned { server.context.log.warn("accept failed, pausing", ["error": .string(error.description)]) }
        hasWarned = true
        if let registration { server.loop.deregister(registration) }
        registration = nil
        if resting == nil { resting = server.loop.schedule(at: server.loop.now + Self.rest, self) }
    }

    private func resume() {
        if let resting { server.loop.cancel(resting) }
        resting = nil
        if registration == nil, (try? watch()) == nil {
            resting = server.loop.schedule(at: server.loop.now + Self.rest, self)
        }
    }

    private func watch() throws(SystemCallError) {
        registration = try server.loop.register(listener.descriptor.rawValue, .read, self)
    }
}
