// SPDX-License-Identifier: Apache-2.0

/// Everything the relay answers or forwards: a closed set, so that metrics and logs have a bounded label for each path.
package enum Endpoint: String, CaseIterable, Hashable, Sendable {
    case chatCompletions = "chat/completions"
    case completions
    case embeddings
    case rerank
    case models
    /// `models/{id}`.
    case model = "models/id"
    /// `responses` and whatever lies below.
    case responses
    case transcriptions = "audio/transcriptions"
    case translations = "audio/translations"
    case speech = "audio/speech"
    case imageGenerations = "images/generations"
    case imageEdits = "images/edits"
    case imageVariations = "images/variations"
    case moderations
    case score
    case tokenize
    /// `files` and whatever lies below.
    case files
    /// `batches` and whatever lies below.
    case batches
    /// A path allowed by `RELAY_EXTRA_PATHS`.
    case extra

    case health = "healthz"
    case readiness = "readyz"
    case metrics
    case statusPage = "status"
    case statusJSON = "status.json"

    /// Any path that is none of the above.
    case unknown

    /// The value of the `endpoint` label and of the access log's `endpoint`; never text from the wire.
    package var label: String { rawValue }

    /// Whether the relay itself answers, without a client key and without upstream.
    package var isLocal: Bool {
        switch self {
        case .health, .readiness, .metrics, .statusPage, .statusJSON: true
        default: false
        }
    }

    /// The methods served, in the order of the Allow field.
    package var methods: [String] {
        switch self {
        case .models, .health, .readiness, .metrics, .statusPage, .statusJSON: Self.reading
        case .model: ["GET", "HEAD", "DELETE"]
        case .responses, .files: ["GET", "HEAD", "POST", "DELETE"]
        case .batches: ["GET", "HEAD", "POST"]
        // TRACE and CONNECT are never forwarded: a reflected TRACE would show the token.
        case .extra: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        case .unknown: []
        default: ["POST"]
        }
    }

    static let reading = ["GET", "HEAD"]

    /// The configuration key of an exact URL for this endpoint, if it can have one.
    package var urlKey: UpstreamURLKey? {
        switch self {
        case .chatCompletions: .chat
        case .completions: .completions
        case .embeddings: .embeddings
        case .rerank: .rerank
        case .models, .model: .models
        case .responses: .responses
        case .transcriptions: .transcriptions
        case .translations: .translations
        case .speech: .speech
        case .imageGenerations, .imageEdits, .imageVariations: .images
        case .moderations: .moderations
        default: nil
        }
    }

    /// The forwarded endpoint whose whole path below the base is `path`, in exactly this spelling.
    static func whole(_ path: String) -> Endpoint? { byPath[path] }

    /// The forwarded endpoint that serves everything below its own path, by its first segment.
    static func tree(_ segment: String) -> Endpoint? {
        switch segment {
        case "models": .model
        case "responses": .responses
        case "files": .files
        case "batches": .batches
        default: nil
        }
    }

    private static let byPath: [String: Endpoint] = Dictionary(
        uniqueKeysWithValues: allCases.filter { $0 != .model && $0 != .extra && $0 != .unknown && !$0.isLocal }
            .map { ($0.rawValue, $0) }
    )
}
