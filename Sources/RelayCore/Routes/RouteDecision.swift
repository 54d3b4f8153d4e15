// SPDX-License-Identifier: Apache-2.0

/// What becomes of a request, decided from its method and target alone.
package enum RouteDecision: Hashable, Sendable {
    /// The relay answers by itself: health, metrics, status page.
    case local(Endpoint)
    /// The relay answers from `RELAY_MODELS`: the list, or one model by its decoded id.
    case models(id: String?)
    case forward(UpstreamTarget)
    /// 400, 404 or 405, with the endpoint meant as far as it is known.
    case refused(RelayFailure, Endpoint)

    /// For metrics and logs.
    package var endpoint: Endpoint {
        switch self {
        case .local(let endpoint), .refused(_, let endpoint): endpoint
        case .models(let id): id == nil ? .models : .model
        case .forward(let target): target.endpoint
        }
    }
}
