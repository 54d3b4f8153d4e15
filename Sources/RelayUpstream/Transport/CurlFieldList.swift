// SPDX-License-Identifier: Apache-2.0
import CCurl
import HTTPWire

/// A request's fields as libcurl wants them, a list of text lines, in one block of memory.
///
/// libcurl's own function copies each line into two blocks of the list's; ten fields cost twenty. It reads the list and
/// neither changes nor frees it. **Isolation**: its loop.
@safe
final class CurlFieldList {
    /// Nil if there are no lines.
    let head: UnsafeMutablePointer<curl_slist>?
    private let block: UnsafeMutableRawPointer

    /// - Parameter suppressed: names of fields that libcurl is not to add by itself.
    init(_ fields: FieldSection, suppressed: [String]) {
        let node = unsafe MemoryLayout<curl_slist>.stride
        var size = 0
        for field in fields { size += node + field.name.utf8.count + field.valueBytes.count + 3 }
        for name in suppressed { size += node + name.utf8.count + 2 }
        let count = fields.count + suppressed.count
        unsafe block = .allocate(byteCount: max(size, 1), alignment: MemoryLayout<curl_slist>.alignment)
        let nodes = unsafe block.bindMemory(to: curl_slist.self, capacity: count)
        unsafe head = count > 0 ? nodes : nil
        var writer = unsafe Writer(nodes: nodes, count: count, text: block + count * node)
        for field in fields {
            writer.begin()
            writer.put(field.name.utf8Span.span)
            // To libcurl `Name:` removes a field; `Name;` is how an empty one is sent.
            writer.put(UInt8(ascii: field.valueBytes.isEmpty ? ";" : ":"))
            if !field.valueBytes.isEmpty {
                writer.put(UInt8(ascii: " "))
                writer.put(field.valueBytes.span)
            }
            writer.put(0)
        }
        for name in suppressed {
            writer.begin()
            writer.put(name.utf8Span.span)
            writer.put(UInt8(ascii: ":"))
            writer.put(0)
        }
    }

    deinit { unsafe block.deallocate() }

    /// Fills the block: the nodes in front, behind them their lines.
    @safe
    private struct Writer {
        let nodes: UnsafeMutablePointer<curl_slist>
        let count: Int
        var text: UnsafeMutableRawPointer
        var index = 0

        init(nodes: UnsafeMutablePointer<curl_slist>, count: Int, text: UnsafeMutableRawPointer) {
            unsafe (self.nodes, self.count, self.text) = (nodes, count, text)
        }

        mutating func begin() {
            let data = unsafe text.assumingMemoryBound(to: CChar.self)
            let next = unsafe index + 1 < count ? nodes + index + 1 : nil
            unsafe (nodes + index).initialize(to: curl_slist(data: data, next: next))
            index += 1
        }

        mutating func put(_ byte: UInt8) {
            unsafe text.storeBytes(of: byte, as: UInt8.self)
            unsafe text += 1
        }

        mutating func put(_ bytes: Span<UInt8>) {
            unsafe bytes.withUnsafeBytes { source in
                guard let start = source.baseAddress else { return }
                unsafe text.copyMemory(from: start, byteCount: source.count)
            }
            unsafe text += bytes.count
        }
    }
}
