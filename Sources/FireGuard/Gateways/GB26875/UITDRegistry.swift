import Kernel
import NIOCore
import Synchronization

/// The open connections: how many, from where, and which device is behind each.
final class UITDRegistry: Sendable {
    private struct State {
        var total = 0
        var perAddress: [String: Int] = [:]
        /// The newest last; an older one that is still open speaks again when a newer one has gone.
        var byDevice: [String: [any Channel]] = [:]
        var all: [ObjectIdentifier: Entry] = [:]
    }

    private struct Entry {
        var channel: any Channel
        var lastHeard: Instant
        var isKnownGood: Bool
    }

    /// Connections of one device that are remembered.
    private static let remembered = 4

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.total } }

    /// Takes a connection in, or refuses it when there are too many.
    func open(_ channel: any Channel, address: String, _ bounds: UITDConfiguration, at now: Instant) -> Bool {
        let isOwn = address == "127.0.0.1" || address == "::1"
        return state.withLock { state in
            guard state.total < bounds.connections,
                isOwn || state.perAddress[address, default: 0] < bounds.connectionsPerAddress
            else { return false }
            state.total += 1
            state.perAddress[address, default: 0] += 1
            state.all[ObjectIdentifier(channel)] = Entry(channel: channel, lastHeard: now, isKnownGood: false)
            return true
        }
    }

    func close(_ channel: any Channel, address: String, device: String?) {
        state.withLock { state in
            guard state.all.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
            state.total -= 1
            let left = state.perAddress[address, default: 1] - 1
            state.perAddress[address] = left > 0 ? left : nil
            guard let device else { return }
            let rest = state.byDevice[device, default: []].filter { $0 !== channel }
            state.byDevice[device] = rest.isEmpty ? nil : rest
        }
    }

    /// Notes a good frame of a device; the newest connection is the one that it is spoken to on.
    func heard(_ channel: any Channel, device: String, isNew: Bool, at now: Instant) {
        state.withLock { state in
            state.all[ObjectIdentifier(channel)]?.lastHeard = now
            state.all[ObjectIdentifier(channel)]?.isKnownGood = true
            guard isNew else { return }
            let others = state.byDevice[device, default: []].filter { $0 !== channel }.suffix(Self.remembered - 1)
            state.byDevice[device] = others + [channel]
        }
    }

    /// All open connections.
    var everyone: [any Channel] { state.withLock { $0.all.values.map(\.channel) } }

    func channel(of device: String) -> (any Channel)? { state.withLock { $0.byDevice[device]?.last } }

    /// Connections that have been silent for too long.
    func stale(_ bounds: UITDConfiguration, at now: Instant) -> [any Channel] {
        state.withLock { state in
            state.all.values.filter {
                now - $0.lastHeard > ($0.isKnownGood ? bounds.idleSeconds : bounds.firstFrameSeconds) * 1_000
            }.map(\.channel)
        }
    }
}
