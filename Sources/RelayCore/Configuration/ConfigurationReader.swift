// SPDX-License-Identifier: Apache-2.0

/// Reads variables one by one, keeping every problem on the way; what is unset or wrong leaves the default as it is.
struct ConfigurationReader {
    /// One variable that is set.
    struct Setting {
        var key: ConfigurationKey
        /// The name to blame: the variable itself or its `_FILE` form.
        var variable: String
        var text: String
        var origin: Configuration.Origin
        /// The path, if the text came from a file.
        var file: String?
    }

    let environment: [String: String]
    let readFile: (String) throws -> [UInt8]
    /// Defaults of a token preset, stronger than the table's.
    var preset: [String: String] = [:]
    /// Values worked out from other variables, for display.
    var derived: [String: String] = [:]
    /// Variables outside the table that a placeholder names.
    var usedNames: Set<String> = []
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []

    init(environment: [String: String], readFile: @escaping (String) throws -> [UInt8]) {
        (self.environment, self.readFile) = (environment, readFile)
    }

    // MARK: Problems

    mutating func refuse(_ variable: String, _ text: String) {
        let problem = ConfigurationProblem(variable, text)
        if !problems.contains(problem) { problems.append(problem) }
    }

    mutating func warn(_ variable: String, _ text: String) { warnings.append(ConfigurationProblem(variable, text)) }

    /// Puts the quoted value in front where it may be shown, the range and a likely cure behind.
    mutating func refuse(_ setting: Setting, _ predicate: String) {
        var text = "\(setting.key.display.quoted(setting.text)) \(predicate)"
        if let range = setting.key.rangeText, !predicate.contains("(") { text += " (\(range))" }
        if Self.isQuoted(setting.text) { text += "; remove the quotes around it" }
        refuse(setting.variable, text)
    }

    /// `docker run --env-file` keeps quotes as part of the value.
    private static func isQuoted(_ text: String) -> Bool {
        guard text.count > 1, let first = text.first, first == text.last else { return false }
        return first == "\"" || first == "'"
    }

    // MARK: Values

    static func key(_ name: String) -> ConfigurationKey {
        guard let key = ConfigurationKey.byName[name] else {
            preconditionFailure("\(name) is not in the table of keys")
        }
        return key
    }

    /// The variable itself, without its file form; empty counts as unset.
    func plainValue(_ name: String) -> String? {
        guard let value = environment[name] else { return nil }
        return value.isEmpty && Self.key(name).mayBeEmpty != true ? nil : value
    }

    /// The variable, its file, or the preset's default; nil if none of them is set or the file cannot be used.
    mutating func setting(_ name: String) -> Setting? {
        let key = Self.key(name)
        let value = plainValue(name)
        if key.hasFileTwin, let path = environment[key.fileTwin], !path.isEmpty {
            if value != nil {
                refuse(name, "is set together with \(key.fileTwin); keep only one of them")
                return nil
            }
            guard let text = fileText(path, for: key.fileTwin) else { return nil }
            return Setting(key: key, variable: key.fileTwin, text: text, origin: .file, file: path)
        }
        if let value {
            let text = key.display == .hidden ? value : ConfigurationValue.trimmed(value)
            if text.isEmpty && !key.mayBeEmpty { return nil }
            return Setting(key: key, variable: name, text: text, origin: .environment)
        }
        guard let text = preset[name] else { return nil }
        return Setting(key: key, variable: name, text: text, origin: .derived)
    }

    /// A file's text without a byte order mark before and the line ends after it; problems are kept.
    mutating func fileText(_ path: String, for variable: String) -> String? {
        guard let bytes = fileBytes(path, for: variable) else { return nil }
        var rest = TextTrimming.withoutByteOrderMark(bytes)
        while let last = rest.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { rest.removeLast() }
        let shown = ConfigurationKey.Display.path.quoted(path)
        guard !rest.isEmpty else {
            refuse(variable, "\(shown) is empty")
            return nil
        }
        guard let text = String(validating: rest, as: UTF8.self) else {
            refuse(variable, "\(shown) is not UTF-8 text")
            return nil
        }
        return text
    }

    mutating func fileBytes(_ path: String, for variable: String) -> [UInt8]? {
        do {
            return try readFile(path)
        } catch {
            refuse(variable, "\(ConfigurationKey.Display.path.quoted(path)) cannot be read: \(error)")
            return nil
        }
    }

    /// Nil if unset or wrong.
    mutating func parsed<T>(_ name: String, _ parse: (String) throws(ValueError) -> T) -> T? {
        guard let setting = setting(name) else { return nil }
        do throws(ValueError) {
            return try parse(setting.text)
        } catch {
            refuse(setting, error.text)
            return nil
        }
    }

    /// Leaves `target` alone if the variable is unset or wrong.
    mutating func read<T>(_ name: String, into target: inout T, _ parse: (String) throws(ValueError) -> T) {
        if let value = parsed(name, parse) { target = value }
    }

    mutating func text(_ name: String) -> String? {
        parsed(name) { text throws(ValueError) in
            if ConfigurationValue.hasControl(text) { throw ValueError("holds a control character") }
            return text
        }
    }

    // MARK: Values with a range of their own in the table

    mutating func boolean(_ name: String, into target: inout Bool) {
        read(name, into: &target, ConfigurationValue.boolean)
    }

    mutating func choice<T: RawRepresentable<String> & CaseIterable>(_ name: String, into target: inout T) {
        read(name, into: &target) { text throws(ValueError) in try ConfigurationValue.choice(text) }
    }

    mutating func integer(_ name: String, into target: inout Int) {
        guard case .integer(let range) = Self.key(name).kind else { preconditionFailure("\(name) is no integer") }
        read(name, into: &target) { text throws(ValueError) in
            let value = try ConfigurationValue.integer(text)
            guard range.contains(value) else { throw ValueError("is out of range") }
            return value
        }
    }

    mutating func size(_ name: String, into target: inout Int) {
        guard case .size(let range) = Self.key(name).kind else { preconditionFailure("\(name) is no size") }
        read(name, into: &target) { text throws(ValueError) in
            let value = try ConfigurationValue.size(text)
            guard range.contains(value) else { throw ValueError("is out of range") }
            return value
        }
    }

    mutating func fraction(_ name: String, into target: inout Double) {
        guard case .fraction(let range) = Self.key(name).kind else { preconditionFailure("\(name) is no fraction") }
        read(name, into: &target) { text throws(ValueError) in
            let value = try ConfigurationValue.fraction(text)
            guard range.contains(value) else { throw ValueError("is out of range") }
            return value
        }
    }

    mutating func duration(_ name: String, into target: inout Duration) {
        var value: Duration? = target
        duration(name, into: &value)
        if let value { target = value }
    }

    /// Nil for the key's word (`off`, `auto`); where that is `off`, zero and the words for false mean it too.
    mutating func duration(_ name: String, into target: inout Duration?) {
        guard case .duration(let range, let word) = Self.key(name).kind else {
            preconditionFailure("\(name) is no duration")
        }
        read(name, into: &target) { text throws(ValueError) in
            if let word, text.lowercased() == word { return nil }
            if word == "off", ["false", "no", "none", "never"].contains(text.lowercased()) { return nil }
            let value = try ConfigurationValue.duration(text)
            if word == "off", value == .zero { return nil }
            guard range.contains(value) else { throw ValueError("is out of range") }
            return value
        }
    }
}
