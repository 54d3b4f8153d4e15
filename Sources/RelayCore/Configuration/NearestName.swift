// SPDX-License-Identifier: Apache-2.0

/// Finds the name that was probably meant.
package enum NearestName {
    /// The known name closest to `name`, or nil if none is close enough to be a slip of the pen.
    package static func find(_ name: String, among known: some Collection<String>) -> String? {
        let limit = max(1, min(4, name.utf8.count / 5))
        var best: (name: String, distance: Int)?
        for candidate in known.sorted() {
            let distance = distance(Array(name.utf8), Array(candidate.utf8))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Edits between two texts: insertions, removals, replacements, and swaps of neighbours.
    package static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
