// SPDX-License-Identifier: Apache-2.0
import Glibc

extension SmallFile {
    /// Writes `bytes` to a file beside `path`, gives it `mode` whatever the umask, and renames it into place: a reader
    /// sees the old content or the new, never half of one.
    ///
    /// - Throws: `EACCES`, `ENOSPC` and the like, named by the call; the old file is then still there.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemCallError) {
        let temporary = "\(path).\(getpid()).tmp"
        // What a killed predecessor of this very process number left.
        unsafe unlink(temporary)
        do throws(SystemCallError) {
            try write(bytes, to: temporary, mode: mode)
            guard unsafe rename(temporary, path) == 0 else { throw SystemCallError("rename", code: errno) }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(SystemCallError) {
        let raw = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)
        guard raw >= 0 else { throw SystemCallError("open", code: errno) }
        let descriptor = FileDescriptor(owning: raw)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(raw, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemCallError("write", code: count < 0 ? errno : ENOSPC) }
            rest = rest.dropFirst(count)
        }
        guard fchmod(descriptor.rawValue, mode_t(mode)) == 0 else { throw SystemCallError("fchmod", code: errno) }
        // Else a crash of the machine may leave an empty file under the final name.
        guard fsync(descriptor.rawValue) == 0 else { throw SystemCallError("fsync", code: errno) }
    }
}
