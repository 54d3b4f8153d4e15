// SPDX-License-Identifier: Apache-2.0

/// Finds the name that was probably meant.
package enum NearestName {
    /// The known name closest to `name`, or nil if none is close.
    ///
    /// One slip of the pen comes first, then a name with words left out (`RELAY_OAUTH_SECRET`), several slips, and last a
    /// name with a word too many (`RELAY_LISTEN_ADDR`). Case does not matter.
    package static func find(_ name: String, among known: some Collection<String>) -> String? {
        let wanted = Array(name.uppercased().utf8)
        let slips = known.sorted().map { (name: $0, count: distance(wanted, Array($0.uppercased().utf8))) }
        let closest = slips.min { $0.count < $1.count }
        if let closest, closest.count <= 1 { return closest.name }

        let words = words(of: name)
        let fuller = slips.compactMap { slip -> (name: String, words: Int, slips: Int)? in
            let more = Self.words(of: slip.name)
            guard words.count > 1, (1...2).contains(more.count - words.count), holds(more, words) else { return nil }
            return (slip.name, more.count, slip.count)
        }.min { ($0.words, $0.slips) < ($1.words, $1.slips) }
        if let fuller { return fuller.name }

        if let closest, closest.count <= min(4, wanted.count / 5) { return closest.name }
        return slips.first { slip in
            let fewer = Self.words(of: slip.name)
            return fewer.count > 1 && words.count == fewer.count + 1 && words.starts(with: fewer)
        }?.name
    }

    private static func words(of name: String) -> [ArraySlice<UInt8>] {
        Array(name.uppercased().utf8).split(separator: UInt8(ascii: "_"))
    }

    /// Whether `all` holds `some` in this order, each longer word with one slip at most.
    private static func holds(_ all: [ArraySlice<UInt8>], _ some: [ArraySlice<UInt8>]) -> Bool {
        var rest = all[...]
        return some.allSatisfy { word in
            while let candidate = rest.popFirst() {
                if candidate == word || word.count > 3 && distance(Array(candidate), Array(word)) == 1 { return true }
            }
            return false
        }
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
