// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayCore
import RelayLoop

/// `tokenrelay health`: asks the running relay whether it is ready; for HEALTHCHECK in an image without curl.
enum HealthCommand {
    static func run() -> Int32 {
        // Resolving a host name has no limit of its own; a probe that hangs is worse than one that is killed.
        alarm(UInt32(HealthProbe.timeout.components.seconds) + 1)
        let listeners: (listen: ListenAddress, admin: ListenAddress?)
        do throws(ConfigurationErrors) {
            listeners = try Configuration.loadListeners(environment: ProcessEnvironment.variables)
        } catch {
            ProcessEnvironment.report(error)
            return 1
        }
        guard let target = HealthProbe.target(listen: listeners.listen, admin: listeners.admin) else {
            return fail("RELAY_LISTEN: port 0 is the kernel's choice and cannot be probed")
        }
        do throws(SystemCallError) {
            let answer = try BlockingProbe.exchange(
                address(of: target), sending: HealthProbe.request, limit: HealthProbe.maximumAnswer,
                timeout: HealthProbe.timeout, isComplete: HealthProbe.isComplete)
            switch HealthProbe.verdict(on: answer) {
            case .ready: return 0
            case .notReady(let reason): return fail("\(target.text): \(reason)")
            }
        } catch {
            return fail("\(target.text): \(error)")
        }
    }

    private static func address(of target: ListenAddress) throws(SystemCallError) -> SocketAddress {
        switch target {
        case .unix(let path): try SocketAddress(unixPath: path)
        case .tcp(let host, let port): try SocketAddress(host: host, port: port)
        }
    }

    private static func fail(_ reason: String) -> Int32 {
        ProcessEnvironment.writeError("tokenrelay: not ready: \(reason)\n")
        return 1
    }
}
