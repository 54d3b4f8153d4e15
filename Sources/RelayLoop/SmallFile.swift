// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Reads small regular files whole, and tells one state of a file from another.
///
/// Polling beats inotify here: it sees renames, symlink swaps, overlay and network file systems.
package enum SmallFile {
    /// What changes when a file is replaced or written; of the file itself, whatever links lead to it.
    package struct Identity: Hashable, Sendable {
        package let device: UInt64
        package let inode: UInt64
        package let size: Int64
        package let modifiedNanoseconds: Int64

        init(_ status: stat) {
            (device, inode, size) = (UInt64(status.st_dev), UInt64(status.st_ino), Int64(status.st_size))
            modifiedNanoseconds = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        }
    }

    package struct Content: Sendable {
        package let bytes: [UInt8]
        package let identity: Identity
        /// Whether every user of the machine may read it.
        package let isReadableByOthers: Bool
    }

    /// - Throws: `ENOENT`, `EACCES` and the like.
    package static func identity(of path: String) throws(SystemCallError) -> Identity {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemCallError("stat", code: errno) }
        return Identity(status)
    }

    /// Reads all of the file without ever waiting for a writer.
    ///
    /// - Throws: `EISDIR`, or `EINVAL` for what is no regular file; `EFBIG` above `limit` bytes; `EBUSY` if it was
    ///   written meanwhile, so that half of something is never taken for the whole; and what `open` and `read` say.
    package static func read(_ path: String, limit: Int) throws(SystemCallError) -> Content {
        let raw = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw SystemCallError("open", code: errno) }
        let descriptor = FileDescriptor(owning: raw)
        let before = try status(of: descriptor)
        let type = before.st_mode & S_IFMT
        guard type == S_IFREG else { throw SystemCallError("open", code: type == S_IFDIR ? EISDIR : EINVAL) }
        guard before.st_size <= limit else { throw SystemCallError("read", code: EFBIG) }
        let bytes = try bytes(of: descriptor, atMost: limit)
        let identity = Identity(before)
        guard Identity(try status(of: descriptor)) == identity else { throw SystemCallError("read", code: EBUSY) }
        return Content(bytes: bytes, identity: identity, isReadableByOthers: before.st_mode & S_IROTH != 0)
    }

    private static func status(of descriptor: borrowing FileDescriptor) throws(SystemCallError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw SystemCallError("fstat", code: errno) }
        return status
    }

    private static func bytes(
        of descriptor: borrowing FileDescriptor, atMost limit: Int
    ) throws(SystemCallError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe Glibc.read(descriptor.rawValue, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemCallError("read", code: errno)
            }
            bytes += buffer[..<count]
            if bytes.count > limit { throw SystemCallError("read", code: EFBIG) }
        }
    }
}
