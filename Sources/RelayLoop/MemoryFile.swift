// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A file in memory with a path of its own, for libraries that read certificates only by name: it works on a read-only
/// root and leaves nothing behind.
package struct MemoryFile: ~Copyable {
    private let descriptor: FileDescriptor

    /// - Throws: `ENOSYS` or `EMFILE`.
    package init(name: String, contents: [UInt8]) throws(SystemCallError) {
        let raw = unsafe memfd_create(name, 0)
        guard raw >= 0 else { throw SystemCallError("memfd_create", code: errno) }
        descriptor = FileDescriptor(owning: raw)
        SystemCalls.writeAll(raw, contents.span)
    }

    /// Valid in this process, and only while this value lives.
    package var path: String { "/proc/self/fd/\(descriptor.rawValue)" }
}
