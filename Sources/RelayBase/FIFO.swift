// SPDX-License-Identifier: Apache-2.0

/// A queue on an array: amortised constant time at both ends.
package struct FIFO<Element> {
    private var items: [Element?] = []
    private var head = 0

    package init() {}

    package var count: Int { items.count - head }
    package var isEmpty: Bool { count == 0 }

    package mutating func append(_ element: Element) { items.append(element) }

    package mutating func popFirst() -> Element? {
        guard head < items.count else { return nil }
        let element = items[head]
        items[head] = nil
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: items.count <= 256)
            head = 0
        } else if head >= 64, head * 2 >= items.count {
            items.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Takes the newest.
    package mutating func popLast() -> Element? {
        guard head < items.count else { return nil }
        return items.removeLast()
    }

    /// Removes the first element that fits; linear.
    package mutating func removeFirst(where fits: (Element) -> Bool) -> Element? {
        guard let index = items.indices.dropFirst(head).first(where: { items[$0].map(fits) ?? false }) else {
            return nil
        }
        return items.remove(at: index)
    }
}

extension FIFO: Sendable where Element: Sendable {}
