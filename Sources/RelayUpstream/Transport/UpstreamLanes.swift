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
    /// Lanes that are closed with the next alarms, some at a time.
    private var leaving: [UpstreamLane] = []
    private var alarm: DeadlineID?

    /// Methods and URLs remembered; a gateway is asked for a handful.
    private static let maximumKinds = 64
    /// Lanes kept although nothing needs them.
    private static let maximumResting = 64
    /// Closed in one turn of the loop: each waits for URLSession's queue.
    private static let batch = 8
    private static let batchInterval: Duration = .milliseconds(10)
    private static let trimInterval: Duration = .seconds(30)

    init(loop: EventLoop) { self.loop = loop }

    deinit {
        for kind in kinds.values { kind.resting = [] }
        session.invalidate()
    }

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
        guard !lane.kind.isForgotten else { return dismiss([lane]) }
        lane.kind.resting.append(lane)
        resting += 1
        if resting > Self.maximumResting, alarm == nil { setAlarm(Self.trimInterval) }
    }

    private func kind(_ key: LaneKind.Key) -> LaneKind {
        if let kind = kinds[key] { return kind }
        if kinds.count >= Self.maximumKinds, let oldest = kinds.values.min(by: { $0.lastUsed < $1.lastUsed }) {
            // Its busy lanes are closed when they come to rest.
            kinds[oldest.key] = nil
            oldest.isForgotten = true
            dismiss(take(oldest.resting.count, of: oldest))
        }
        let kind = LaneKind(key, now: loop.now)
        kinds[key] = kind
        return kind
    }

    /// The lanes of a kind that have rested longest.
    private func take(_ count: Int, of kind: LaneKind) -> [UpstreamLane] {
        let taken = Array(kind.resting.prefix(count))
        kind.resting.removeFirst(taken.count)
        resting -= taken.count
        return taken
    }

    private func dismiss(_ lanes: [UpstreamLane]) {
        guard !lanes.isEmpty else { return }
        leaving += lanes
        setAlarm(Self.batchInterval)
    }

    private func setAlarm(_ wait: Duration) {
        if let alarm { loop.cancel(alarm) }
        alarm = loop.schedule(at: loop.now + wait, self)
    }

    /// Closes some lanes, of those that nobody needs half: the rest with the next round, should the quiet last.
    func deadlineReached() {
        alarm = nil
        if leaving.isEmpty { chooseSurplus() }
        for _ in 0..<min(Self.batch, leaving.count) { session.close(leaving.removeLast()) }
        if !leaving.isEmpty {
            setAlarm(Self.batchInterval)
        } else if resting > Self.maximumResting {
            setAlarm(Self.trimInterval)
        }
    }

    private func chooseSurplus() {
        var surplus = (resting - Self.maximumResting + 1) / 2
        for kind in kinds.values.sorted(by: { $0.lastUsed < $1.lastUsed }) where surplus > 0 {
            let taken = take(surplus, of: kind)
            surplus -= taken.count
            leaving += taken
        }
    }
}
