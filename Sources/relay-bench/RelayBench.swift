// SPDX-License-Identifier: Apache-2.0
// relay-bench measures the relay from outside: a mock upstream on an event loop of its own, and a load of streams.
// `scripts/bench` puts them around the relay and around nginx. `micro` times single parts in process.

/// The command line of the benchmark tools.
@main
enum RelayBench {
    static func main() throws {
        var words = CommandLine.arguments.dropFirst()
        let options = Options(words.dropFirst())
        switch words.popFirst() {
        case "upstream": try MockUpstream.run(options)
        case "streams": try StreamLoad.run(options)
        case "micro": try Micro.run(options)
        default:
            print(
                """
                usage: relay-bench upstream [--port N]
                       relay-bench streams --port N [--path P] [--streams N] [--rate EVENTS/S] [--seconds S] [--size BYTES]
                       relay-bench micro
                """)
        }
    }
}

/// `--name value` pairs.
struct Options {
    private var values: [String: String] = [:]

    init(_ words: some Sequence<String>) {
        var name: String?
        for word in words {
            if word.hasPrefix("--") {
                name = String(word.dropFirst(2))
            } else if let known = name {
                values[known] = word
                name = nil
            }
        }
    }

    func text(_ name: String, _ standard: String) -> String { values[name] ?? standard }
    func number(_ name: String, _ standard: Int) -> Int { values[name].flatMap { Int($0) } ?? standard }
}
