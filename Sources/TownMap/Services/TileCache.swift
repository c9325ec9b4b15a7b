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

    /// What a tile was made of: the last event that changed its layer, and the number of the data where there is one.
    struct Version: Equatable, Sendable {
        var event: Int64
        var data: Int64 = 0
    }

    struct Entry: Sendable {
        var version: Version
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

    func entry(_ key: Key, version: Version) -> Entry? {
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
        /// The last event of each beginning of a type, such as `alarm.`.
        var last: [String: Int64] = [:]
        /// Before this one nobody looked.
        var floor: Int64 = 0
    }

    private let state: Mutex<State>
    private let feed: EventFeed

    init(feed: EventFeed) {
        self.feed = feed
        state = Mutex(State(seen: feed.last))
    }

    /// The number of the last event that changed a layer, as of now.
    func version(of layer: any MapLayer) -> Int64 {
        state.withLock { state in
            switch feed.news(after: state.seen) {
            case nil: break
            case .events(let events):
                for event in events {
                    state.seen = event.seq
                    let type = event.content.type
                    state.last[String(type.prefix { $0 != "." }) + "."] = event.seq
                }
            case .readLog:
                // Too much happened to look at each: everything may have changed.
                state.seen = feed.last
                state.floor = state.seen
            }
            return layer.changes.reduce(state.floor) { max($0, state.last[$1] ?? 0) }
        }
    }
}
