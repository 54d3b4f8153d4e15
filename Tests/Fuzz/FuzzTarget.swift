// SPDX-License-Identifier: Apache-2.0

/// Every piece that is fuzzed: by libFuzzer with inputs it makes up, and in the tests with those of the corpus.
enum FuzzTarget: String, CaseIterable, Sendable {
    case request, chunked, response, fields, route
    case json, splice, usage, multipart
    case token, date, template
    case value, configuration

    /// Feeds the input to the piece and holds what comes out to what always holds.
    ///
    /// - Throws: `FuzzFinding` if it does not hold; a trap in the piece is a finding too.
    func run(_ input: [UInt8]) throws {
        switch self {
        case .request: try RequestFuzz.run(input)
        case .chunked: try ChunkedFuzz.run(input)
        case .response: try ResponseFuzz.run(input)
        case .fields: try FieldsFuzz.run(input)
        case .route: try RouteFuzz.run(input)
        case .json: try JSONFuzz.run(input)
        case .splice: try SpliceFuzz.run(input)
        case .usage: try UsageFuzz.run(input)
        case .multipart: try MultipartFuzz.run(input)
        case .token: try TokenFuzz.run(input)
        case .date: try DateFuzz.run(input)
        case .template: try TemplateFuzz.run(input)
        case .value: try ValueFuzz.run(input)
        case .configuration: try ConfigurationFuzz.run(input)
        }
    }
}

/// What does not hold although it should.
struct FuzzFinding: Error, CustomStringConvertible {
    let description: String
}

/// Throws a finding unless the condition holds.
func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
    guard condition else { throw FuzzFinding(description: text()) }
}

/// An input as its target reads it: one octet that chooses among variants, then parts with NUL between them.
struct FuzzInput {
    let choice: Int
    let rest: [UInt8]
    let parts: [[UInt8]]

    init(_ input: [UInt8]) {
        choice = Int(input.first ?? 0)
        rest = Array(input.dropFirst())
        parts = rest.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
    }

    /// The part at that place as text, repaired where it is not UTF-8; empty if there is none.
    func text(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

    func bytes(_ index: Int) -> [UInt8] { index < parts.count ? parts[index] : [] }

    /// The variant that the first octet chooses.
    func variant<T>(of variants: [T]) -> T { variants[choice % variants.count] }
}
