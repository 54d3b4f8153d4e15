// SPDX-License-Identifier: Apache-2.0

/// Bytes that grow at one end and never move while they are read: a request body that libcurl sends straight from here,
/// once or, after a replay, twice.
///
/// An array cannot promise its address beyond one call; copying 64 MiB bodies into libcurl would double their memory.
/// **Isolation**: one loop thread.
@safe
package final class StableBytes {
    private var storage: UnsafeMutableRawBufferPointer
    package private(set) var count = 0

    /// `capacity` is a first guess; the memory doubles where it does not suffice.
    package init(capacity: Int = 0) { unsafe storage = .allocate(byteCount: max(capacity, 256), alignment: 16) }

    deinit { unsafe storage.deallocate() }

    /// The memory held.
    package var capacity: Int { unsafe storage.count }

    /// Appends; may move the bytes, so never while a transfer is sending them.
    package func append(_ bytes: Span<UInt8>) {
        let needed = count + bytes.count
        if unsafe needed > storage.count {
            let grown = unsafe UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(needed, storage.count * 2), alignment: 16)
            unsafe grown.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count]))
            unsafe storage.deallocate()
            unsafe storage = grown
        }
        unsafe bytes.withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: source)
        }
        count = needed
    }

    /// A copy as an array, for the few readers that want one.
    package var array: [UInt8] { unsafe Array(storage[..<count]) }

    /// The bytes in place, for the span of the call.
    package func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
        unsafe body(UnsafeRawBufferPointer(rebasing: storage[..<count]).bindMemory(to: UInt8.self).span)
    }

    /// The address for libcurl; valid until the next `append` or the end of this object.
    @unsafe
    package var baseAddress: UnsafeRawPointer? { unsafe UnsafeRawPointer(storage.baseAddress) }
}
