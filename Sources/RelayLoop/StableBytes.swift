// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes that grow at one end and never move while they are read: a request body that libcurl sends straight from here,
/// once or, after a replay, twice.
///
/// An array cannot promise its address beyond one call; copying 64 MiB bodies into libcurl would double their memory.
/// **Isolation**: one loop thread.
@safe
package final class StableBytes {
    private var storage: UnsafeMutableRawPointer?
    /// The memory held; what of it has never been written costs nothing.
    package private(set) var capacity = 0
    package private(set) var count = 0

    /// `capacity` is a first guess; the memory doubles where it does not suffice.
    package init(capacity: Int = 0) { grow(to: max(capacity, 256)) }

    deinit { unsafe free(storage) }

    /// Appends; may move the bytes, so never while a transfer is sending them.
    package func append(_ bytes: Span<UInt8>) {
        let needed = count + bytes.count
        if needed > capacity { grow(to: max(needed, capacity * 2)) }
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            unsafe storage?.advanced(by: count).copyMemory(from: from, byteCount: source.count)
        }
        count = needed
    }

    /// `realloc` moves large blocks by remapping their pages: a body that grows is never there twice.
    private func grow(to wanted: Int) {
        guard let grown = unsafe realloc(storage, wanted) else { preconditionFailure("out of memory") }
        unsafe storage = unsafe grown
        capacity = wanted
    }

    private var contents: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: storage, count: count) }

    /// A copy as an array, for the few readers that want one.
    package var array: [UInt8] { unsafe Array(contents) }

    /// The bytes in place, for the span of the call.
    package func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
        unsafe body(contents.bindMemory(to: UInt8.self).span)
    }

    /// The address for libcurl; valid until the next `append` or the end of this object.
    @unsafe
    package var baseAddress: UnsafeRawPointer? { unsafe UnsafeRawPointer(storage) }
}
