// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayLoop

extension SystemCallError {
    /// There is no such file.
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    /// There is no such program, or it may not be run.
    var isNotRunnable: Bool { [ENOENT, ENOTDIR, EACCES, ENOEXEC, ELOOP].contains(code) }
    var isTooLarge: Bool { code == EFBIG }
}
