// SPDX-License-Identifier: Apache-2.0

/// The block of memory that the byte queues of one loop hand to each other.
///
/// A queue takes it when bytes wait and gives it back when none do: so the next piece is put where the last one was, which
/// the processor still has in its cache, and an idle connection holds no memory. **Isolation**: one loop thread.
@safe
package final class SpareBlock {
    /// Bytes of a block.
    package static let size = 16_384

    private var block = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)

    package init() {}

    deinit { unsafe block.deallocate() }

    /// A block of `size` bytes, the caller's from here on.
    func take() -> UnsafeMutableRawBufferPointer {
        let taken = unsafe block
        if unsafe taken.baseAddress == nil { return .allocate(byteCount: Self.size, alignment: 16) }
        unsafe block = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        return unsafe taken
    }

    /// Takes back memory that nobody uses any more.
    func give(_ memory: UnsafeMutableRawBufferPointer) {
        if unsafe block.baseAddress == nil, memory.count == Self.size {
            unsafe block = unsafe memory
        } else {
            unsafe memory.deallocate()
        }
    }
}
