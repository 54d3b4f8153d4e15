// SPDX-License-Identifier: Apache-2.0
import CCurl
import RelayLoop

/// One of libcurl's sockets on the loop.
final class CurlSocket: ReadinessHandler {
    private unowned let multi: CurlMulti
    private let descriptor: CInt
    private var registration: Registration?
    private var interest: Interest
    /// No transfer uses it; it is registered for reading only.
    private(set) var isResting = false

    init(_ multi: CurlMulti, _ loop: EventLoop, _ descriptor: CInt, _ interest: Interest) {
        (self.multi, self.descriptor, self.interest) = (multi, descriptor, interest)
        // It fails only at the per-user watch limit; the clocks of the call's handler then end it.
        registration = try? loop.register(descriptor, interest, self)
    }

    func change(_ loop: EventLoop, _ wanted: Interest) {
        isResting = false
        if registration != nil, wanted == interest { return }
        interest = wanted
        if let registration, (try? loop.modify(registration, wanted)) != nil { return }
        renew(loop)
    }

    /// Watches what the number stands for now.
    func renew(_ loop: EventLoop) {
        stop(loop)
        registration = try? loop.register(descriptor, interest, self)
    }

    /// Watches for reading only, until a transfer uses it again; false if it cannot: it then has to be stopped.
    func rest(_ loop: EventLoop) -> Bool {
        change(loop, .read)
        isResting = registration != nil
        return isResting
    }

    func stop(_ loop: EventLoop) {
        if let registration { loop.deregister(registration) }
    }

    func descriptorReady(_ readiness: Readiness) {
        // Upstream has closed a connection that nobody uses, or speaks unasked.
        if isResting { return multi.restDisturbed(descriptor) }
        var mask: CInt = 0
        if readiness.contains(.read) { mask |= CURL_CSELECT_IN }
        if readiness.contains(.write) { mask |= CURL_CSELECT_OUT }
        if readiness.isBroken { mask |= CURL_CSELECT_ERR }
        multi.act(descriptor, mask)
    }
}
