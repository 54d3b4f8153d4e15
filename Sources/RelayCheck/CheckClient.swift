// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// One call of the API, ready to be made.
struct PreparedCall: Sendable {
    var call: ProbeCall
    /// For causes and cures.
    var about: CheckCall
}

/// What a client can find in the way before anything is sent.
enum Preparation: Sendable {
    case ready(PreparedCall)
    /// This endpoint has no URL.
    case notConfigured
    /// The relay itself would answer, with these models.
    case listed([String])
    case failed(CheckFinding)
}

/// A way to the API: straight to the gateway, or through a relay.
protocol CheckClient: Sendable {
    var side: CheckSide { get }
    var loop: ProbeLoop { get }
    var limit: Duration { get }

    func prepare(_ kind: CheckStep.Kind, model: String?, body: [UInt8]?) async -> Preparation
    /// What is wrong with a call that brought no answer.
    func finding(_ failure: UpstreamFailure) -> CheckFinding
}

extension CheckStep.Kind {
    /// The path below `/v1`.
    var path: String {
        switch self {
        case .models: "models"
        case .embeddings: "embeddings"
        case .rerank: "rerank"
        default: "chat/completions"
        }
    }
}

/// Calls the gateway itself, exactly as the relay would for a client.
struct DirectClient: CheckClient {
    let side = CheckSide.upstream
    let loop: ProbeLoop
    let limit: Duration
    let configuration: Configuration
    private let profile: TransportProfile
    private let cache: TokenCache?
    private let router: Router
    private let policy: RequestFieldPolicy
    private let splicer: BodySplicer

    init(
        _ configuration: Configuration, _ profile: TransportProfile, _ loop: ProbeLoop, _ cache: TokenCache?,
        limit: Duration
    ) {
        (self.configuration, self.profile, self.loop, self.cache) = (configuration, profile, loop, cache)
        self.limit = limit
        router = Router(paths: configuration.paths, upstream: configuration.upstream)
        policy = RequestFieldPolicy(upstream: configuration.upstream)
        splicer = BodySplicer(configuration.edits)
    }

    func prepare(_ kind: CheckStep.Kind, model: String?, body: [UInt8]?) async -> Preparation {
        let method = body == nil ? "GET" : "POST"
        switch router.route(method: method, path: "/v1/" + kind.path) {
        case .models: return .listed(configuration.paths.models?.map(\.id) ?? [])
        case .local, .refused: return .notConfigured
        case .forward(let target):
            let edited = body.map { splicer.edited($0.span) ?? $0 }
            do throws(RelayFailure) {
                let found = edited.flatMap { BodyModel.find(in: $0.span, contentType: "application/json") }
                return await ready(kind, method, try target.url(model: found), edited, model, target.variable)
            } catch {
                return .notConfigured
            }
        }
    }

    private func ready(
        _ kind: CheckStep.Kind, _ method: String, _ url: UpstreamURL, _ body: [UInt8]?, _ model: String?,
        _ variable: String
    ) async -> Preparation {
        var token: AccessToken?
        if let cache {
            do throws(TokenUnavailable) {
                token = try await cache.token()
            } catch {
                let failure = error.failure ?? TokenFetchFailure(.timeout)
                return .failed(
                    CheckFinding(
                        failure, form: TokenRequestForm(configuration.token.source), place: configuration.issuerPlace))
            }
        }
        var sent: FieldSection = [:]
        if body != nil { sent.append(name: "Content-Type", value: "application/json") }
        let call = ProbeCall(
            method: method, url: token.map { url.adding(token: $0.value) } ?? Secret(url.text),
            publicURL: url.location,
            fields: policy.fields(from: sent, requestID: "tokenrelay-check-\(kind.rawValue)", token: token?.value),
            body: body,
            profile: profile, limit: limit)
        let source = configuration.token.source
        let about = CheckCall(
            kind, path: url.location, variable: variable, model: model,
            injection: CheckCall.Injection(configuration.upstream, source: source))
        return .ready(PreparedCall(call: call, about: about))
    }

    func finding(_ failure: UpstreamFailure) -> CheckFinding {
        guard let place = configuration.upstreamPlaces.first else { return .noAnswer(within: limit) }
        var fault = TransportFault(failure.checkKind, detail: failure.detail)
        fault.proxy = configuration.upstream.transport.proxy == .none ? .none : .environment
        return CheckFinding(fault, at: place)
    }

    /// The list of models at the base URL with `/v1` added or removed, as a call and as a base URL to type.
    func alternative(to prepared: PreparedCall) -> (call: ProbeCall, base: String)? {
        guard prepared.about.variable == "RELAY_UPSTREAM_URL", let base = configuration.upstream.baseURL,
            !base.contains("?"), let mark = prepared.call.url.reveal.firstRange(of: base)
        else { return nil }
        let other = base.hasSuffix("/v1") ? String(base.dropLast(3)) : base + "/v1"
        var call = prepared.call
        let rest = prepared.call.url.reveal[mark.upperBound...]
        call.url = Secret(other + rest)
        call.publicURL = other + String(rest.prefix { $0 != "?" })
        return (call, other)
    }
}

/// Calls a relay as RAGFlow would: with a fixed key and no token.
struct RelayClient: CheckClient {
    let side = CheckSide.relay
    let loop: ProbeLoop
    let limit: Duration
    let relay: CheckSetup.Relay
    let profile: TransportProfile

    func prepare(_ kind: CheckStep.Kind, model: String?, body: [UInt8]?) async -> Preparation {
        let path = relay.basePath + "/v1/" + kind.path
        let about = CheckCall(kind, path: path, variable: "--url", model: model, injection: .byRelay)
        return .ready(PreparedCall(call: call(body == nil ? "GET" : "POST", path, body), about: about))
    }

    func call(_ method: String, _ path: String, _ body: [UInt8]? = nil) -> ProbeCall {
        var fields: FieldSection = ["Accept": "*/*", "User-Agent": "tokenrelay-check/\(Version.number)"]
        if body != nil { fields.append(name: "Content-Type", value: "application/json") }
        if let key = relay.key { fields.append(name: "Authorization", value: "Bearer " + key.reveal) }
        return ProbeCall(
            method: method, url: Secret(relay.place.origin + path), publicURL: relay.place.origin + path,
            fields: fields,
            body: body, profile: profile, limit: limit)
    }

    func finding(_ failure: UpstreamFailure) -> CheckFinding {
        CheckFinding(TransportFault(failure.checkKind, detail: failure.detail), at: relay.place)
    }
}
