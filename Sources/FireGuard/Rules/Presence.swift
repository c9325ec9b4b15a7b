import Kernel
import Synchronization

/// When each gateway and detector was last heard, in memory; written to the database in batches, never per frame.
public final class Presence: Sendable {
    private struct Heard {
        var at: Instant
        var battery: Int?
        var isFresh: Bool
    }

    private struct State {
        var heard: [Thing: Heard] = [:]
        var fresh: [Thing] = []
    }

    private let state = Mutex(State())

    /// Nobody heard yet.
    public init() {}

    /// Notes a sign of life.
    public func touch(_ thing: Thing, at now: Instant, battery: Int? = nil) {
        state.withLock { state in
            let known = state.heard[thing]
            state.heard[thing] = Heard(at: now, battery: battery ?? known?.battery, isFresh: true)
            if known?.isFresh != true { state.fresh.append(thing) }
        }
    }

    /// When a thing was last heard since the start.
    public func lastSeen(_ thing: Thing) -> Instant? { state.withLock { $0.heard[thing]?.at } }

    /// When a detector spoke last, before the start or since.
    func heard(_ detector: Detector) -> Instant? {
        [detector.lastSeen, lastSeen(.detector(detector.id))].compactMap(\.self).max()
    }

    /// When a gateway spoke last, before the start or since.
    func heard(_ gateway: Gateway) -> Instant? {
        [gateway.lastSeen, lastSeen(.gateway(gateway.id))].compactMap(\.self).max()
    }

    /// Takes what was heard since it was last taken, at most `limit` things.
    func takeFresh(limit: Int) -> [Sighting] {
        state.withLock { state in
            let batch = state.fresh.prefix(limit)
            let sightings = batch.compactMap { thing -> Sighting? in
                guard let heard = state.heard[thing] else { return nil }
                state.heard[thing]?.isFresh = false
                return Sighting(thing: thing, at: heard.at, battery: heard.battery)
            }
            state.fresh.removeFirst(batch.count)
            return sightings
        }
    }
}
