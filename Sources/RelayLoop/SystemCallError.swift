// SPDX-License-Identifier: Apache-2.0
// RelayLoop is the kernel: descriptors, sockets, epoll, deadlines, mailboxes and the threads that turn them.
// It knows no HTTP and no tokens. `EventLoop` is the middle; everything else serves it.
// With the curl transport it is the only place that may say `unsafe`: each use is a system call whose pointers live
// only for that call, or memory with a single owner that frees it in `deinit`.
import Glibc

/// A system call that failed: which one, and `errno` as it was directly afterwards.
package struct SystemCallError: Error, Hashable, CustomStringConvertible {
    package let operation: String
    package let code: CInt

    package init(_ operation: String, code: CInt) { (self.operation, self.code) = (operation, code) }

    /// Whether descriptors or memory for a socket are short: in this process or in the whole system.
    package var isOutOfDescriptors: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }

    /// For example `bind: address already in use (98)`.
    package var description: String {
        let text = unsafe String(cString: strerror(code))
        return "\(operation): \(text.lowercased()) (\(code))"
    }
}
