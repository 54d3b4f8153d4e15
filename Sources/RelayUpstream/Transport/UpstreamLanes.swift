// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayLoop

/// The lanes of one loop, kept for the next call of their kind.
///
/// **Isolation**: its loop.
final class UpstreamLanes: DeadlineHandler {
    private let loop: EventLoop
    private let session = UpstreamSession()
    private var kinds: [LaneKind.Key: LaneKind] = [:]
    private var resting = 0
    private var isTrimming = false

    /// Methods and URLs remembered; a gateway is asked for a handful.
    private static let maximumKinds = 64
    /// Lanes kept although nothing needs them.
    private static let maximumResting = 64
    private static let trimInterval: Duration = .seconds(30)

    init(loop: EventLoop) { self.loop = loop }

    deinit { session.invalidate() }

    /// A lane for a call; nil if URLSession gives none.
    func take(for request: UpstreamRequest) -> UpstreamLane? {
        let kind = kind(LaneKind.Key(method: request.method, url: request.publicURL))
        kind.lastUsed = loop.now
        guard let lane = kind.resting.popLast() else { return session.openLane(kind) }
        resting -= 1
        return lane
    }

    /// The lane's call is over.
    func rest(_ lane: UpstreamLane) {
        lane.end()
        guard kinds[lane.kind.key] === lane.kind else { return session.close([lane]) }
        lane.kind.resting.append(lane)
        resting += 1
        scheduleTrim()
    }

    private func kind(_ key: LaneKind.Key) -> LaneKind {
        if let kind = kinds[key] { return kind }
        if kinds.count >= Self.maximumKinds, let oldest = kinds.values.min(by: { $0.lastUsed < $1.lastUsed }) {
            // Its busy lanes are closed when they come to rest.
            kinds[oldest.key] = nil
            close(oldest.resting)
        }
        let kind = LaneKind(key, now: loop.now)
        kinds[key] = kind
        return kind
    }

    private func close(_ lanes: [UpstreamLane]) {
        resting -= lanes.count
        session.close(lanes)
    }

    private func scheduleTrim() {
        guard !isTrimming, resting > Self.maximumResting else { return }
        isTrimming = true
        _ = loop.schedule(at: loop.now + Self.trimInterval, self)
    }

    /// Closes half of the lanes that nobody needs; the rest with the next round, should the quiet last.
    func deadlineReached() {
        isTrimming = false
        var surplus = (resting - Self.maximumResting + 1) / 2
        for kind in kinds.values.sorted(by: { $0.lastUsed < $1.lastUsed }) where surplus > 0 {
            let leaving = Array(kind.resting.prefix(surplus))
            kind.resting.removeFirst(leaving.count)
            surplus -= leaving.count
            close(leaving)
        }
        scheduleTrim()
    }
}
