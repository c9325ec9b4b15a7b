import Geo
import Kernel
import Places
import Storage
import Synchronization

/// Tiles that were made, by who may see the same and by the data's version. Two generations: what was not asked for
/// while one filled up is forgotten with it.
final class TileCache: Sendable {
    struct Key: Hashable, Sendable {
        var layer: String
        var policy: String
        var tile: TileAddress
        var from: Instant?
        var to: Instant?
    }

    struct Entry: Sendable {
        var version: Int64
        var bytes: [UInt8]
        var tag: String
    }

    private struct State {
        var young: [Key: Entry] = [:]
        var old: [Key: Entry] = [:]
        var youngBytes = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// A cache of about `limit` bytes.
    init(limit: Int = 64 << 20) { self.limit = limit }

    func entry(_ key: Key, version: Int64) -> Entry? {
        state.withLock { state in
            guard let found = state.young[key] ?? state.old[key], found.version == version else { return nil }
            if state.young[key] == nil { Self.put(found, key, &state, limit) }
            return found
        }
    }

    func put(_ entry: Entry, _ key: Key) { state.withLock { state in Self.put(entry, key, &state, limit) } }

    private static func put(_ entry: Entry, _ key: Key, _ state: inout State, _ limit: Int) {
        state.youngBytes += entry.bytes.count + 200 - (state.young[key].map { $0.bytes.count + 200 } ?? 0)
        state.young[key] = entry
        if state.youngBytes > limit / 2 {
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
    }
}

/// Which event changed each layer last: the version of its tiles.
final class LayerVersions: Sendable {
    private struct State {
        var seen: Int64
        var versions: [String: Int64] = [:]
    }

    private let state: Mutex<State>
    private let changes: [String: [String]]
    private let feed: EventFeed

    init(_ layers: [any MapLayer], feed: EventFeed) {
        changes = Dictionary(layers.map { ($0.name, $0.changes) }) { first, _ in first }
        self.feed = feed
        state = Mutex(State(seen: feed.last))
    }

    /// The number of the last event that changed a layer, as of now.
    func version(of layer: String) -> Int64 {
        state.withLock { state in
            switch feed.news(after: state.seen) {
            case nil: break
            case .events(let events):
                for event in events {
                    state.seen = event.seq
                    for (name, prefixes) in changes where prefixes.contains(where: event.content.type.hasPrefix) {
                        state.versions[name] = event.seq
                    }
                }
            case .readLog:
                // Too much happened to look at each: everything may have changed.
                state.seen = feed.last
                for name in changes.keys { state.versions[name] = state.seen }
            }
            return state.versions[layer] ?? 0
        }
    }
}
