// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Sole owner of an open descriptor; closes it exactly once, when its lifetime ends.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: CInt

    package init(owning rawValue: CInt) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }
}
