// SPDX-License-Identifier: Apache-2.0

/// Everything the operator decides, checked and typed.
///
/// Made once at start by `Configuration.load`, never changed after.
package struct Configuration: Sendable {
    package var listen: ListenAddress = .tcp(host: "127.0.0.1", port: 8080)
    package var adminListen: ListenAddress?
    /// Event-loop threads.
    package var loops = 1
    package var upstream = UpstreamConfiguration()
    package var token = TokenConfiguration()
    package var clients = ClientConfiguration()
    package var paths = PathConfiguration()
    package var edits = EditConfiguration()
    package var limits = LimitConfiguration()
    package var clocks = ClockConfiguration()
    package var retry = RetryConfiguration()
    package var log = LogConfiguration()
    /// Serve clients that shut their sending side and still read (`RELAY_HALF_CLOSE`).
    package var halfClose = false
    package init() {}
}

/// Where the relay listens.
package enum ListenAddress: Hashable, Sendable {
    /// `host` is an IPv4 or IPv6 literal without brackets, or a name.
    case tcp(host: String, port: UInt16)
    case unix(path: String)
}

/// The gateway side: where requests go, and how.
package struct UpstreamConfiguration: Sendable {
    /// `RELAY_UPSTREAM_URL`, without a trailing slash.
    ///
    /// Nil only if every configured endpoint has an exact URL.
    package var baseURL: String?
    /// `RELAY_UPSTREAM_CHAT_URL` and so on: exact URLs, which may hold `{model}`.
    package var endpointURLs: [UpstreamURLKey: String] = [:]
    package var transport = TransportConfiguration()
    /// `RELAY_UPSTREAM_HEADERS`, in the order given.
    package var headers: [HeaderPair] = []
    package var authHeader = "Authorization"
    /// Empty: the bare token.
    package var authScheme = "Bearer"
    /// If set, the token travels in this query parameter and in no header.
    package var authQuery: String?
    package init() {}

    package var idleConnections: Int { transport.idleConnections }
}

/// Endpoints that can have an exact URL of their own; the raw value is the middle of the variable's name.
package enum UpstreamURLKey: String, CaseIterable, Sendable {
    case chat = "CHAT"
    case completions = "COMPLETIONS"
    case embeddings = "EMBEDDINGS"
    case rerank = "RERANK"
    case models = "MODELS"
    case responses = "RESPONSES"
    case transcriptions = "TRANSCRIPTIONS"
    case translations = "TRANSLATIONS"
    case speech = "SPEECH"
    case images = "IMAGES"
    case moderations = "MODERATIONS"
}

/// One static header.
package struct HeaderPair: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(name: String, value: String) { (self.name, self.value) = (name, value) }
}

/// TLS, proxy and protocol of one side (`RELAY_UPSTREAM_…` or `RELAY_TOKEN_…`).
package struct TransportConfiguration: Hashable, Sendable {
    package enum Proxy: Hashable, Sendable {
        /// `https_proxy`, `http_proxy`, `no_proxy`, as libcurl reads them; loopback is always direct.
        case environment
        case none
        case url(String)
    }
    package enum Version: String, CaseIterable, Sendable { case http11 = "1.1", http2 = "2", auto }

    /// PEM file added to the system's authorities.
    package var caFile: String?
    package var clientCertificateFile: String?
    package var clientKeyFile: String?
    package var verify = true
    package var proxy: Proxy = .environment
    package var version: Version = .http11
    /// Connections kept idle, for each loop.
    package var idleConnections = 64
    package init() {}
}

/// Section 10 of the product: who may call.
package struct ClientConfiguration: Sendable {
    /// `RELAY_CLIENT_KEYS`, parsed; nil when neither it nor the file is set.
    package var keys: [ClientKey]?
    /// `RELAY_CLIENT_KEYS_FILE`, read again when it changes.
    package var keysFile: String?
    package var allowAnonymous = false
    /// Requests per minute by client name.
    package var limits: [String: Int] = [:]
    package var requiresKey: Bool { keys != nil || keysFile != nil }
    package init() {}
}

/// One accepted key.
///
/// `name` is empty for a key without a name.
package struct ClientKey: Sendable {
    package var name: String
    package var key: Secret
    package init(name: String, key: Secret) { (self.name, self.key) = (name, key) }
}

/// Which paths are served, and how they are spelled.
package struct PathConfiguration: Sendable {
    /// `RELAY_BASE_PATH`: each with a leading and no trailing slash.
    package var basePaths: [String] = []
    /// `RELAY_EXTRA_PATHS`: prefixes without leading or trailing slash.
    package var extraPaths: [String] = []
    package var rerankAtBase = false
    /// `RELAY_MODELS`; nil: `models` is forwarded.
    package var models: [ModelEntry]?
    package init() {}
}

package struct ModelEntry: Hashable, Sendable {
    package var id: String
    package var maxModelLength: Int?
    package init(id: String, maxModelLength: Int? = nil) { (self.id, self.maxModelLength) = (id, maxModelLength) }
}

/// Section 11: opt-in body edits.
package struct EditConfiguration: Sendable {
    package var dropFields: [String] = []
    package var modelMap: [String: String] = [:]
    package var stripModelSuffix = false
    package var isEmpty: Bool { dropFields.isEmpty && modelMap.isEmpty && !stripModelSuffix }
    package init() {}
}

/// Section 9: sizes in bytes, and counts.
package struct LimitConfiguration: Sendable {
    package var maxConnections = 10_000
    package var maxInflight = 4_096
    package var queue = 1_024
    package var maxHeader = 64 * 1_024
    package var maxFields = 128
    package var maxTarget = 16 * 1_024
    package var maxBody = 64 * 1_024 * 1_024
    package var bodyBudget = 512 * 1_024 * 1_024
    /// High-water mark of one client's outbound buffer.
    package var clientBuffer = 256 * 1_024
    package init() {}
}

/// Section 9: clocks; nil means off.
package struct ClockConfiguration: Sendable {
    package var queueWait: Duration = .seconds(10)
    package var header: Duration = .seconds(10)
    package var body: Duration = .seconds(30)
    package var keepAlive: Duration = .seconds(75)
    package var connect: Duration = .seconds(10)
    package var firstByte: Duration = .seconds(600)
    package var idle: Duration = .seconds(300)
    package var total: Duration?
    package var clientWrite: Duration = .seconds(60)
    package var drain: Duration = .seconds(30)
    package var heartbeat: Duration?
    package init() {}
}

/// `RELAY_RETRY`: retries before any byte went to the client, by cause.
package struct RetryConfiguration: Hashable, Sendable {
    package var connect = 2
    package var tooManyRequests = 0
    package var unavailable = 0
    package init() {}
}

package struct LogConfiguration: Sendable {
    package enum Format: String, CaseIterable, Sendable { case json, text }
    package enum Bodies: String, CaseIterable, Sendable { case off, head, full }
    package var format: Format = .json
    package var level: LogLevel = .info
    package var bodies: Bodies = .off
    package init() {}
}

package enum LogLevel: String, Comparable, CaseIterable, Sendable {
    case debug, info, warn, error
    package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }
    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warn: 2
        case .error: 3
        }
    }
}
