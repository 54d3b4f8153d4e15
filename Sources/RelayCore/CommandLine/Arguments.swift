// SPDX-License-Identifier: Apache-2.0

/// A command line that cannot be understood; the text says why and what to type instead.
package struct UsageError: Error, Hashable, Sendable {
    package var text: String
    package init(_ text: String) { self.text = text }

    /// `EX_USAGE` of sysexits.h.
    package static let exitCode: Int32 = 64
}

/// The command and its options; options are taken one by one, and what is left at the end is an error.
package struct Arguments: Sendable {
    package let command: Command
    private var rest: [String]

    /// - Parameter words: without the program's name; none at all means `serve`.
    package init(_ words: [String]) throws(UsageError) {
        guard let first = words.first else {
            (command, rest) = (.serve, [])
            return
        }
        rest = Array(words.dropFirst())
        switch first {
        case "-h", "--help": command = .help
        case "-v", "--version": command = .version
        default:
            guard let known = Command(rawValue: first) else { throw Self.unknown(first) }
            let wantsHelp = rest.contains("--help") || rest.contains("-h")
            command = wantsHelp ? .help : known
            if wantsHelp { rest = [] }
        }
        // `help serve` is as good as `help`.
        if command == .help { rest.removeAll { Command(rawValue: $0) != nil } }
    }

    /// Takes `--name`, whether it is there.
    package mutating func flag(_ name: String) -> Bool {
        let count = rest.count
        rest.removeAll { $0 == name }
        return rest.count < count
    }

    /// Takes `--name value` or `--name=value`; the last one counts.
    package mutating func value(_ name: String) throws(UsageError) -> String? {
        var found: String?
        while let index = rest.firstIndex(where: { $0 == name || $0.hasPrefix(name + "=") }) {
            if rest[index] == name {
                guard index + 1 < rest.count else { throw UsageError("\(name) needs a value") }
                found = rest[index + 1]
                rest.removeSubrange(index...(index + 1))
            } else {
                found = String(rest[index].dropFirst(name.count + 1))
                rest.remove(at: index)
            }
            if found?.isEmpty == true { throw UsageError("\(name) needs a value") }
        }
        return found
    }

    /// Takes every `--name value` and `--name=value`, in order.
    package mutating func values(_ name: String) throws(UsageError) -> [String] {
        var found: [String] = []
        while let index = rest.firstIndex(where: { $0 == name || $0.hasPrefix(name + "=") }) {
            let next = rest[index] == name && index + 1 < rest.count ? 1 : 0
            // One at a time through `value`, which checks it.
            var single = self
            single.rest = Array(rest[index...(index + next)])
            if let value = try single.value(name) { found.append(value) }
            rest.removeSubrange(index...(index + next))
        }
        return found
    }

    /// Call when all options are taken.
    package func finish() throws(UsageError) {
        guard let left = rest.first else { return }
        throw UsageError(
            "\(command.rawValue): \"\(SafeText.printable(left, limit: 60))\" is not understood; try tokenrelay help")
    }

    private static func unknown(_ word: String) -> UsageError {
        let shown = SafeText.printable(word, limit: 60)
        if let nearest = NearestName.find(word, among: Command.allCases.map(\.rawValue)) {
            return UsageError("\"\(shown)\" is not a command; did you mean \(nearest)?")
        }
        let names = Command.allCases.map(\.rawValue).joined(separator: ", ")
        return UsageError("\"\(shown)\" is not a command; there are \(names)")
    }
}
