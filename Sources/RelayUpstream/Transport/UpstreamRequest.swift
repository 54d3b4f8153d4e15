// SPDX-License-Identifier: Apache-2.0
// RelayUpstream is the relay's other side: it speaks to the gateway and to the token issuer.
// Transport/ is how: URLSession tasks and a streaming delegate above, libcurl on the loop's own epoll below, joined by
// `CurlURLProtocol`. Start with `UpstreamTransport`. Token/ is why: the cache, and the sources it fetches from.
package import HTTPWire
package import RelayLoop

/// One request as it goes on the wire, but for what libcurl frames itself: Host, Content-Length.
///
/// **Isolation**: made and used on one loop.
package struct UpstreamRequest {
    package var method: String
    /// Exactly what is asked for; never normalised (no dot segments are resolved, no byte is encoded).
    package var url: String
    /// The URL without a token in its query: what URLSession is shown, and what may be logged.
    package var publicURL: String
    /// In this order, duplicates kept.
    package var fields: FieldSection
    /// Sent from where it stands; not to be appended to while the call lives.
    package var body: StableBytes?
    package var profile: TransportProfile
    /// Whether it is simply sent again if a reused connection ends without an answer; else that is a failure.
    package var repeatsWhenStale: Bool
    /// Never on a connection that has served before: where one had died others may have.
    package var wantsFreshConnection = false
    /// Whether the handler itself cancels the call if no connection is made in time.
    package var isTimedByHandler = false

    package init(
        method: String, url: String, publicURL: String? = nil, fields: FieldSection, body: StableBytes? = nil,
        profile: TransportProfile, repeatsWhenStale: Bool = false
    ) {
        (self.method, self.url, self.publicURL) = (method, url, publicURL ?? url)
        (self.fields, self.body, self.profile) = (fields, body, profile)
        self.repeatsWhenStale = repeatsWhenStale
    }
}

/// A response's head: raw, in order, nothing decoded or merged.
package struct UpstreamHead: Sendable {
    package var status: Int
    /// The reason phrase's octets, possibly none.
    package var reason: [UInt8]
    package var minorVersion: Int
    package var fields: FieldSection
}
