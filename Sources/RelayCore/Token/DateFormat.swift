// SPDX-License-Identifier: Apache-2.0

/// A date layout the operator wrote down: `%Y-%m-%d %H:%M:%S` as strptime has it, or `yyyy-MM-dd HH:mm:ss` as Java has.
///
/// `%f` is a fraction of any length; `%z` reads `Z`, `UTC` or an offset and then wins over the configured zone.
package struct DateFormat: Equatable, Sendable {
    private enum Part: Equatable {
        case literal(UInt8)
        case year, shortYear, month, monthName, day, weekday, hour, hour12, meridiem, minute, second, fraction, zone
        case epoch
    }

    private let parts: [Part]

    /// Nil if the layout holds a letter that means nothing here, or does not tell the day.
    package init?(_ layout: String) {
        guard let parts = layout.utf8.contains(UInt8(ascii: "%")) ? Self.strptime(layout) : Self.letters(layout) else {
            return nil
        }
        let hasDay =
            parts.contains(.day) && (parts.contains(.month) || parts.contains(.monthName))
            && (parts.contains(.year) || parts.contains(.shortYear))
        guard hasDay || parts.contains(.epoch) else { return nil }
        self.parts = parts
    }

    /// Reads a text of this layout; `offset` (seconds east of UTC) holds where the text names no zone of its own.
    ///
    /// Fields may have fewer digits than the layout shows (`2025-4-8`). Nil if the text does not fit.
    package func epochMilliseconds(_ text: String, offset: Int) -> Int64? {
        var scanner = TextScanner(text)
        var reading = Reading(offset: offset)
        for part in parts {
            guard Self.read(part, from: &scanner, into: &reading) else { return nil }
        }
        guard scanner.isAtEnd else { return nil }
        if let epoch = reading.epoch { return Int64(epoch) * 1_000 + Int64(reading.time.millisecond) }
        if let afternoon = reading.afternoon {
            guard (1...12).contains(reading.time.hour) else { return nil }
            reading.time.hour = reading.time.hour % 12 + (afternoon ? 12 : 0)
        }
        return reading.time.epochMilliseconds(offset: reading.offset)
    }

    private struct Reading {
        var time = CivilTime()
        var offset: Int
        var afternoon: Bool?
        var epoch: Int?
    }

    private static func read(_ part: Part, from scanner: inout TextScanner, into reading: inout Reading) -> Bool {
        func digits(_ range: ClosedRange<Int>, _ field: WritableKeyPath<CivilTime, Int>) -> Bool {
            _ = scanner.take(" ")  // strptime's %e and asctime pad with a space
            guard let number = scanner.number(ofDigits: range) else { return false }
            reading.time[keyPath: field] = number
            return true
        }
        switch part {
        case .literal(let byte): return scanner.take(byte)
        case .year: return digits(4...4, \.year)
        case .shortYear:
            guard digits(2...2, \.year) else { return false }
            reading.time.year += reading.time.year < 70 ? 2000 : 1900
        case .month: return digits(1...2, \.month)
        case .day: return digits(1...2, \.day)
        case .hour, .hour12: return digits(1...2, \.hour)
        case .minute: return digits(1...2, \.minute)
        case .second: return digits(1...2, \.second)
        case .monthName:
            guard let month = scanner.word().flatMap(CivilTime.month(named:)) else { return false }
            reading.time.month = month
        case .weekday: return scanner.word() != nil
        case .meridiem:
            let morning = scanner.take("AM")
            guard morning || scanner.take("PM") else { return false }
            reading.afternoon = !morning
        case .fraction:
            guard let milliseconds = scanner.fraction() else { return false }
            reading.time.millisecond = milliseconds
        case .zone:
            guard let zone = scanner.zone() else { return false }
            reading.offset = zone
        case .epoch:
            guard let epoch = scanner.number(ofDigits: 1...12) else { return false }
            reading.epoch = epoch
        }
        return true
    }

    private static func strptime(_ layout: String) -> [Part]? {
        var parts: [Part] = []
        var bytes = layout.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                parts.append(.literal(byte))
                continue
            }
            guard let letter = bytes.next() else { return nil }
            switch UnicodeScalar(letter) {
            case "Y": parts.append(.year)
            case "y": parts.append(.shortYear)
            case "m": parts.append(.month)
            case "b", "B", "h": parts.append(.monthName)
            case "d", "e": parts.append(.day)
            case "a", "A": parts.append(.weekday)
            case "H", "k": parts.append(.hour)
            case "I", "l": parts.append(.hour12)
            case "p": parts.append(.meridiem)
            case "M": parts.append(.minute)
            case "S": parts.append(.second)
            case "f", "L": parts.append(.fraction)
            case "z", "Z": parts.append(.zone)
            case "s": parts.append(.epoch)
            case "F": parts += [.year, .literal(0x2D), .month, .literal(0x2D), .day]
            case "T": parts += [.hour, .literal(0x3A), .minute, .literal(0x3A), .second]
            case "R": parts += [.hour, .literal(0x3A), .minute]
            case "%": parts.append(.literal(letter))
            default: return nil
            }
        }
        return parts
    }

    /// Runs of letters, other text as it stands, and text between single quotes.
    private static func letters(_ layout: String) -> [Part]? {
        let bytes = Array(layout.utf8)
        let quote = UInt8(ascii: "'")
        var parts: [Part] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == quote {
                guard let end = bytes[(index + 1)...].firstIndex(of: quote) else { return nil }
                parts += end == index + 1 ? [.literal(quote)] : bytes[(index + 1)..<end].map(Part.literal)
                index = end + 1
                continue
            }
            let end = bytes[index...].firstIndex { $0 != byte } ?? bytes.count
            let count = end - index
            index = end
            switch UnicodeScalar(byte) {
            case "y", "u": parts.append(count == 2 ? .shortYear : .year)
            case "M", "L": parts.append(count > 2 ? .monthName : .month)
            case "d": parts.append(.day)
            case "E": parts.append(.weekday)
            case "H": parts.append(.hour)
            case "h": parts.append(.hour12)
            case "a": parts.append(.meridiem)
            case "m": parts.append(.minute)
            case "s": parts.append(.second)
            case "S": parts.append(.fraction)
            case "X", "x", "Z", "z": parts.append(.zone)
            case "T": parts += Array(repeating: .literal(byte), count: count)
            case "A"..."Z", "a"..."z": return nil
            default: parts += Array(repeating: .literal(byte), count: count)
            }
        }
        return parts
    }
}
