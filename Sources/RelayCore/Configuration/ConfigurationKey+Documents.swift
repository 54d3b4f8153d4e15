// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
    /// The commented sample file that `tokenrelay env` prints.
    ///
    /// Lines of the form `#NAME=value` are variables; everything else commented begins with `# `.
    package static var sampleFile: String {
        var text = """
            # tokenrelay \(Version.number): every variable with its default.
            #
            # Remove the # before a variable to set it; as it stands, such a line changes nothing.
            # Durations: 500ms, 10s, 5m, 1h, or bare seconds. Sizes: 64MiB, 1GB, 64K, or bare bytes.
            # Lists: items between commas. true and false may be 1 and 0, yes and no, on and off.
            #
            # Variables marked "secret" can be given as a file: NAME_FILE=/path instead of NAME=value, never both.
            # Line ends after the value do not count. OAuth secrets, client keys and ${file:…} follow the file when
            # it changes; the others are read at start.
            #
            # Values stand as they are, without quotes: docker --env-file would keep those.

            """
        for section in Section.allCases {
            text += "\n# ---- \(section.rawValue) ----\n"
            for key in all where key.section == section {
                text += "\n# \(key.summary)\n"
                for line in key.hint.split(separator: "\n") { text += "# \(line)\n" }
                text += "# \(key.factText)\n"
                if !key.example.isEmpty { text += "# Example: \(key.example)\n" }
                text += "#\(key.name)=\(key.defaultText)\n"
            }
        }
        return text
    }

    /// Kind, range and whether it is a secret, in one line.
    private var factText: String {
        var facts = typeText
        if let rangeText { facts = "\(facts): \(rangeText)" }
        if case .duration = kind { facts = "duration: \(rangeText ?? "")" }
        if hasFileTwin { facts += "; secret, or \(fileTwin)" } else if display == .hidden { facts += "; secret" }
        return "[\(facts)]"
    }

    /// The tables of the README: one a section, `variable | default | meaning`.
    package static var markdownTables: String {
        Section.allCases.map { section in
            var text = "### \(section.rawValue)\n\n| Variable | Default | Meaning |\n|---|---|---|\n"
            for key in all where key.section == section {
                let name = "`\(key.name)`" + (key.hasFileTwin ? " / `_FILE`" : "")
                let standard = key.defaultText.isEmpty ? "" : "`\(key.defaultText)`"
                text += "| \(name) | \(standard) | \(key.meaning) |\n"
            }
            return text
        }.joined(separator: "\n")
    }

    private var meaning: String {
        var text = summary
        if let rangeText { text += " (\(rangeText))" }
        let hint = self.hint.split(separator: "\n").joined(separator: " ")
        if !hint.isEmpty { text += " \(hint)" }
        if !example.isEmpty { text += " E.g. `\(example)`" }
        var escaped = ""
        for character in text { escaped += character == "|" ? "\\|" : String(character) }
        return escaped
    }

    /// The few variables most installations need, for `tokenrelay help`.
    package static var essentials: String {
        let keys = all.filter(\.isEssential)
        let width = keys.map(\.name.count).max() ?? 0
        return keys.map { key in
            "  \(key.name)\(String(repeating: " ", count: width - key.name.count))  \(key.summary)"
        }.joined(separator: "\n")
    }
}

extension Configuration.Loaded {
    /// What `tokenrelay config` prints: `NAME=value  # origin`, a line a variable.
    package var report: String {
        let width = 44
        return values.map { value in
            let left = "\(value.name)=\(value.text)"
            let padding = String(repeating: " ", count: max(2, width - left.count))
            let unset = value.origin == .standard && value.text.isEmpty && value.name != "RELAY_UPSTREAM_AUTH_SCHEME"
            let origin = unset ? "unset" : value.origin.rawValue + (value.file.map { " \($0)" } ?? "")
            return "\(left)\(padding)# \(origin)\n"
        }.joined()
    }
}
