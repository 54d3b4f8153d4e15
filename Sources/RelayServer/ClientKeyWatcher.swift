// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop

/// Reads `RELAY_CLIENT_KEYS_FILE` again when it changes; a file that cannot be used leaves the keys as they are.
///
/// **Isolation**: any thread.
final class ClientKeyWatcher: Sendable {
    private static let interval: Duration = .seconds(2)
    private static let sizeLimit = 1 << 20

    private let path: String
    private let clients: ClientDirectory
    private let log: Log
    private let seen: Lock<SmallFile.Identity?>

    init(path: String, _ clients: ClientDirectory, _ log: Log) {
        (self.path, self.clients, self.log) = (path, clients, log)
        seen = Lock(try? SmallFile.identity(of: path))
    }

    /// Looks every two seconds, for the life of the process.
    func start() {
        Task { [self] in
            while true {
                do { try await Task.sleep(for: Self.interval) } catch { return }
                check()
            }
        }
    }

    func check() {
        guard let identity = try? SmallFile.identity(of: path) else { return }
        let isNew: Bool = seen.withLock { seen in
            defer { seen = identity }
            return seen != identity
        }
        guard isNew else { return }
        do throws(SystemCallError) {
            let content = try SmallFile.read(path, limit: Self.sizeLimit)
            let text = String(decoding: TextTrimming.withoutByteOrderMark(content.bytes), as: UTF8.self)
            let list = ClientKeyList(parsing: text)
            if let problem = list.problems.first {
                return log.warn("client keys not reloaded", ["problem": .string(problem)])
            }
            clients.replace(keys: list.keys)
            log.info("client keys reloaded", ["keys": .int(Int64(list.keys.count))])
        } catch {
            log.warn("client keys not reloaded", ["problem": .string(error.description)])
        }
    }
}
