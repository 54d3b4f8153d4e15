// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

extension ChildProcess {
    /// Starts the program; `output` and `errors` become its descriptors 1 and 2.
    ///
    /// - Throws: `posix_spawn` with the reason.
    static func spawn(_ request: Request, output: CInt, errors: CInt) throws(SystemCallError) -> pid_t {
        guard let program = request.arguments.first else { throw SystemCallError("posix_spawn", code: ENOENT) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // Sockets of libraries that forgot to close on exec.
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The daemon blocks SIGTERM and ignores SIGPIPE; the program must not inherit either.
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        let arguments = CStrings(request.arguments)
        let environment = CStrings(request.environment)
        let code = unsafe posix_spawnp(&pid, program, &actions, &attributes, arguments.list, environment.list)
        guard code == 0 else { throw SystemCallError("posix_spawn", code: code) }
        return pid
    }

    /// A null-terminated list of C strings, freed with its owner.
    @safe
    private struct CStrings: ~Copyable {
        let list: [UnsafeMutablePointer<CChar>?]
        init(_ strings: [String]) { unsafe list = strings.map { unsafe strdup($0) } + [nil] }
        deinit { unsafe list.forEach { unsafe free($0) } }
    }
}
