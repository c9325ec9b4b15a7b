import GB28181
import Kernel
import SIP
import Storage
import Synchronization

/// The devices in memory: who is who, and where each can be reached now.
final class DeviceDirectory: Sendable {
    private struct State {
        var byGBID: [GBID: WatchDevice] = [:]
        var byID: [WatchDeviceID: GBID] = [:]
        var dirty: Set<GBID> = []
        var strangers: [String: Stranger] = [:]
    }

    /// Somebody who knocked and is not in the register.
    struct Stranger: Sendable {
        var gbID: String
        var address: String
        var count: Int
        var at: Instant
    }

    private let state = Mutex(State())

    /// Reads the register. What was heard since is kept where the store is behind.
    func load(_ database: any Database) async throws {
        let devices = try await database.read { db in try WatchDeviceStore.all(in: db) }
        state.withLock { state in
            var fresh: [GBID: WatchDevice] = [:]
            for var device in devices {
                if let known = state.byGBID[device.gbID], known.id == device.id {
                    device.lastSeen = max(device.lastSeen ?? Instant(ms: 0), known.lastSeen ?? Instant(ms: 0))
                    if device.lastSeen?.ms == 0 { device.lastSeen = nil }
                }
                fresh[device.gbID] = device
            }
            state.byGBID = fresh
            state.byID = Dictionary(fresh.map { ($0.value.id, $0.key) }) { first, _ in first }
            for device in devices { state.strangers[device.gbID.description] = nil }
        }
    }

    func find(_ gbID: GBID) -> WatchDevice? { state.withLock { $0.byGBID[gbID] } }
    func find(_ id: WatchDeviceID) -> WatchDevice? {
        state.withLock { state in state.byID[id].flatMap { state.byGBID[$0] } }
    }
    var all: [WatchDevice] { state.withLock { Array($0.byGBID.values) } }

    /// The device that speaks over a TCP connection.
    func find(hop: SIPHop) -> [WatchDevice] {
        state.withLock { state in state.byGBID.values.filter { $0.hop == hop && $0.isOnline } }
    }

    func update(_ gbID: GBID, _ change: (inout WatchDevice) -> Void) {
        state.withLock { state in
            guard var device = state.byGBID[gbID] else { return }
            change(&device)
            state.byGBID[gbID] = device
        }
    }

    /// Notes a sign of life; it is stored with others later, or a town's heartbeats would be a write each.
    func seen(_ gbID: GBID, at now: Instant) {
        state.withLock { state in
            state.byGBID[gbID]?.lastSeen = now
            state.dirty.insert(gbID)
        }
    }

    /// What has been heard since the last call.
    func takeSeen() -> [WatchDeviceID: Instant] {
        state.withLock { state in
            var result: [WatchDeviceID: Instant] = [:]
            for gbID in state.dirty {
                if let device = state.byGBID[gbID], let moment = device.lastSeen { result[device.id] = moment }
            }
            state.dirty = []
            return result
        }
    }

    func knocked(_ gbID: String, address: String, at now: Instant) {
        state.withLock { state in
            guard state.strangers[gbID] != nil || state.strangers.count < 200 else { return }
            let count = state.strangers[gbID]?.count ?? 0
            state.strangers[gbID] = Stranger(gbID: gbID, address: address, count: count + 1, at: now)
        }
    }

    /// Those who knocked, the newest first.
    var strangers: [Stranger] { state.withLock { $0.strangers.values.sorted { $0.at > $1.at } } }
}
