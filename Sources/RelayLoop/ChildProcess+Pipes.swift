// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import RelayBase

extension ChildProcess {
    /// A pipe whose ends close on exec; the child gets copies of the writing end.
    struct Pipe: ~Copyable {
        let readEnd: FileDescriptor
        private var writeEnd: FileDescriptor?
        let writeRaw: CInt

        /// - Throws: `EMFILE` or `ENFILE`.
        init() throws(SystemCallError) {
            var ends: [CInt] = [-1, -1]
            guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemCallError("pipe2", code: errno) }
            readEnd = FileDescriptor(owning: ends[0])
            writeEnd = FileDescriptor(owning: ends[1])
            writeRaw = ends[1]
            // Only the reading end: the flag would be shared with the program's standard output otherwise.
            _ = relay_set_nonblocking(ends[0])
        }

        /// Without this the end of the output would never be seen.
        mutating func closeWriteEnd() { writeEnd = nil }
    }

    /// Collects standard output and counts standard error.
    struct OutputReader {
        private var polled: [pollfd]
        private var buffer = [UInt8](repeating: 0, count: 4_096)
        private(set) var output: [UInt8] = []
        private(set) var errorBytes = 0

        init(output: CInt, errors: CInt) {
            polled = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        }

        /// Waits for something to read, or the time to pass, and reads what there is, 64 KiB of each at the most.
        ///
        /// An end that was closed is not looked at again.
        mutating func wait(atMost timeout: Duration) {
            guard unsafe poll(&polled, nfds_t(polled.count), CInt(timeout.milliseconds)) > 0 else { return }
            for index in polled.indices where polled[index].revents != 0 {
                for _ in 0..<32 {
                    let count = unsafe read(polled[index].fd, &buffer, buffer.count)
                    if count > 0 {
                        if index == 0 { output += buffer[..<count] } else { errorBytes += count }
                        continue
                    }
                    if count == 0 || errno != EAGAIN && errno != EINTR { polled[index].fd = -1 }
                    break
                }
            }
        }
    }
}
