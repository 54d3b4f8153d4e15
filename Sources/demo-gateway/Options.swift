// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// What the command line and the environment ask for; the command line wins.
struct Options: Sendable {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    static let help = """
        usage: demo-gateway [--listen ADDRESS] [--token-lifetime DURATION] [--piece-interval DURATION]
                            [--client-id ID] [--client-secret SECRET] [--verbose]

          --listen ADDRESS           127.0.0.1:9090 (port 0: the kernel chooses)   DEMO_LISTEN
          --token-lifetime DURATION  30s                                          DEMO_TOKEN_LIFETIME
          --piece-interval DURATION  40ms between pieces of a stream              DEMO_PIECE_INTERVAL
          --client-id ID             demo-client                                  DEMO_CLIENT_ID
          --client-secret SECRET     demo-secret                                  DEMO_CLIENT_SECRET
          --verbose                  one line for each token and request          DEMO_VERBOSE=true

        Tokens:  POST /oauth/token (client_credentials), POST /login (JSON: app_id, app_secret)
        API:     /v1/chat/completions and the other OpenAI endpoints
        Control: GET /control/stats, GET /control/streams/{x-request-id}, POST /control/revoke,
                 POST /control/failures, POST /control/token-lifetime, POST /control/reset
        """

    var listen: Endpoint = .loopback(9090)
    var tokenLifetime: Duration = .seconds(30)
    var pieceInterval: Duration = .milliseconds(40)
    var clientID = "demo-client"
    var clientSecret = "demo-secret"
    var isVerbose = false
    var wantsHelp = false

    init(arguments: [String], environment: [String: String]) throws {
        let variables = [
            "listen": "DEMO_LISTEN", "token-lifetime": "DEMO_TOKEN_LIFETIME", "piece-interval": "DEMO_PIECE_INTERVAL",
            "client-id": "DEMO_CLIENT_ID", "client-secret": "DEMO_CLIENT_SECRET",
        ]
        for (name, variable) in variables {
            if let value = environment[variable] { try set(name, to: value, called: variable) }
        }
        isVerbose = environment["DEMO_VERBOSE"] == "true"
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" {
                wantsHelp = true
            } else if argument == "--verbose" {
                isVerbose = true
            } else if argument.hasPrefix("--") {
                let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
                guard let name = parts.first, variables[name] != nil else {
                    throw Problem(description: "unknown option \"\(argument)\"; --help lists all")
                }
                guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                    throw Problem(description: "\(argument) needs a value")
                }
                try set(name, to: value, called: argument)
            } else {
                throw Problem(description: "unexpected argument \"\(argument)\"; --help lists all")
            }
        }
    }

    private mutating func set(_ name: String, to value: String, called spelling: String) throws {
        switch name {
        case "listen":
            guard let endpoint = Endpoint(value) else {
                throw Problem(description: "\(spelling): \"\(value)\" is not an address such as 127.0.0.1:9090")
            }
            listen = endpoint
        case "token-lifetime": tokenLifetime = try Self.duration(value, called: spelling)
        case "piece-interval": pieceInterval = try Self.duration(value, called: spelling)
        case "client-id": clientID = value
        default: clientSecret = value
        }
    }

    /// Reads `40ms`, `30s`, `5m` or bare seconds.
    static func duration(_ text: String, called name: String) throws -> Duration {
        for (suffix, milliseconds) in [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0), ("", 1000.0)]
        where text.hasSuffix(suffix) {
            if let number = Double(text.dropLast(suffix.count)), number >= 0, number < 1e9 {
                return .microseconds(Int64(number * milliseconds * 1000))
            }
        }
        throw Problem(description: "\(name): \"\(text)\" is not a duration such as 30s or 40ms")
    }
}
