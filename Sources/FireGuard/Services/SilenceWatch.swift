import Kernel
import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Notices at each thing's own deadline that it has fallen silent, and that it is heard again.
///
/// Every gateway and detector with a deadline has one entry in a timer wheel. Being heard does not touch the wheel:
/// when an entry comes up, the watch looks at when its thing was last heard and sets it again or opens the warning.
public final class SilenceWatch: Service {
    private struct Watched {
        var allowedMs: Int64
        var lastSeen: Instant?
        var isOffline: Bool
        /// Entries of earlier deadlines are told from the newest by it.
        var isArmed: Bool
        /// The gateway that it is or stands behind: what falls silent together is handled together.
        var gateway: GatewayID
    }

    private struct State {
        var wheel: TimerWheel
        var watched: [Thing: Watched] = [:]
        var startedAt: Instant
    }

    /// Silence of our own is not theirs: after a start everybody has this long to be heard.
    static let graceMs: Int64 = 120_000
    /// How often to look for what other nodes and imports have registered.
    static let lookEveryMs: Int64 = 60_000

    private let database: any Database
    private let desk: any Desk
    private let presence: Presence
    private let logger: Logger
    private let state: Mutex<State>

    /// A watch that knows of nobody yet.
    public init(database: any Database, desk: any Desk, presence: Presence, logger: Logger, startedAt: Instant = .now) {
        self.database = database
        self.desk = desk
        self.presence = presence
        self.logger = logger
        state = Mutex(State(wheel: TimerWheel(startMs: startedAt.ms), startedAt: startedAt))
    }

    /// Loads the register, then looks every quarter of a second until the shutdown.
    public func run() async throws {
        try await load()
        await cancelWhenGracefulShutdown { [self] in
            // Side by side: many signs of life hold up no deadline, and many silences no sign of life.
            async let hearing: Void = hear()
            async let looking: Void = look()
            _ = await (hearing, looking)
        }
        await flush()
    }

    private func look() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            await check(at: .now)
        }
    }

    private func hear() async {
        var lastLook = Instant.now
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(5))
            await flush()
            let now = Instant.now
            if now - lastLook >= Self.lookEveryMs {
                try? await load(since: lastLook - Self.lookEveryMs)
                lastLook = now
            }
        }
    }

    /// Reads all gateways and detectors that have a deadline; of those registered since `since` alone, what is not
    /// watched yet.
    func load(since: Instant? = nil) async throws {
        var gateway = since.map { GatewayID.earliest(at: $0) }
        while true {
            let after = gateway
            let page = try await database.read { db in
                try DeviceStore.gateways(after: after, limit: 5_000, in: db)
            }
            for item in page where since == nil || !isWatched(.gateway(item.id)) { watch(item) }
            guard page.count == 5_000, let last = page.last else { break }
            gateway = last.id
        }
        var detector = since.map { DetectorID.earliest(at: $0) }
        while true {
            let filter = DetectorFilter(after: detector)
            let page = try await database.read { db in try DeviceStore.detectors(filter, limit: 5_000, in: db) }
            for item in page where since == nil || !isWatched(.detector(item.id)) { watch(item) }
            guard page.count == 5_000, let last = page.last else { break }
            detector = last.id
        }
    }

    /// Watches a new or changed gateway.
    func watch(_ gateway: Gateway) {
        watch(
            .gateway(gateway.id), allowedMs: SilenceRules.gatewayMs(heartbeatSeconds: gateway.heartbeatSeconds),
            lastSeen: gateway.lastSeen, isOffline: gateway.isOffline, behind: gateway.id)
    }

    /// Watches a new or changed detector.
    func watch(_ detector: Detector) {
        watch(
            .detector(detector.id), allowedMs: SilenceRules.detectorMs(reportSeconds: detector.reportSeconds),
            lastSeen: detector.lastSeen, isOffline: detector.isOffline, behind: detector.gateway)
    }

    private func isWatched(_ thing: Thing) -> Bool { state.withLock { $0.watched[thing] != nil } }

    /// How many deadlines are set.
    var armed: Int { state.withLock { $0.wheel.count } }

    private func watch(
        _ thing: Thing, allowedMs: Int64, lastSeen: Instant?, isOffline: Bool, behind gateway: GatewayID
    ) {
        state.withLock { state in
            let wasArmed = state.watched[thing]?.isArmed ?? false
            guard allowedMs > 0 else {
                state.watched[thing] = nil
                return
            }
            state.watched[thing] = Watched(
                allowedMs: allowedMs, lastSeen: lastSeen, isOffline: isOffline, isArmed: true, gateway: gateway)
            guard !wasArmed else { return }
            let deadline = SilenceRules.deadline(
                lastSeen: lastSeen, allowedMs: allowedMs, startedAt: state.startedAt, graceMs: Self.graceMs)
            state.wheel.set(thing.key, atMs: deadline.ms)
        }
    }

    /// Opens a warning for each thing whose deadline has passed by `now`.
    func check(at now: Instant) async {
        let silent = state.withLock { state -> [Silent] in
            var due: [Int64] = []
            state.wheel.advance(toMs: now.ms) { due.append($0) }
            var silent: [Silent] = []
            for key in due {
                let thing = Thing(key: key)
                guard var watched = state.watched[thing] else { continue }
                let seen = [presence.lastSeen(thing), watched.lastSeen].compactMap { $0 }.max()
                let deadline = SilenceRules.deadline(
                    lastSeen: seen, allowedMs: watched.allowedMs, startedAt: state.startedAt, graceMs: Self.graceMs)
                if deadline > now {
                    state.wheel.set(key, atMs: deadline.ms)
                } else {
                    watched.isArmed = false
                    if !watched.isOffline {
                        silent.append(Silent(thing: thing, gateway: watched.gateway, allowedMs: watched.allowedMs))
                    }
                    watched.isOffline = true
                    state.watched[thing] = watched
                }
            }
            return silent
        }.sorted { $0.gateway < $1.gateway }
        for start in stride(from: 0, to: silent.count, by: Self.batch) {
            await warn(silent[start..<min(start + Self.batch, silent.count)], at: now)
        }
    }

    /// Silences that are written at once: few enough that an alarm does not wait long for its turn.
    private static let batch = 1_000

    private struct Silent {
        var thing: Thing
        var gateway: GatewayID
        var allowedMs: Int64
    }

    private func warn(_ batch: ArraySlice<Silent>, at now: Instant) async {
        let (desk, presence) = (desk, presence)
        do {
            let inhibited = try await database.write { db in
                var inhibited: [Thing] = []
                var detectors: [DetectorID: Int64] = [:]
                // Gateways first: one that is gone explains its detectors' silence.
                for silent in batch {
                    guard case .gateway = silent.thing else {
                        if case .detector(let id) = silent.thing { detectors[id] = silent.allowedMs }
                        continue
                    }
                    // Another node hears it, and has written when; or it was heard while this waited for its turn: no
                    // warning that would never end.
                    if let seen = try DeviceStore.lastSeen(silent.thing, in: db), seen + silent.allowedMs > now {
                        inhibited.append(silent.thing)
                    } else if let seen = presence.lastSeen(silent.thing), seen >= now {
                        inhibited.append(silent.thing)
                    } else {
                        try Troubles(desk: desk).open(.offline, of: silent.thing, text: "", at: now, in: db)
                    }
                }
                guard !detectors.isEmpty else { return inhibited }
                return try inhibited
                    + Silences(desk: desk).open(
                        detectors, at: now,
                        isHeard: { id in presence.lastSeen(.detector(id)).map { $0 >= now } ?? false }, in: db
                    ).map { .detector($0) }
            }
            rearm(inhibited, at: now + 60_000)
        } catch {
            logger.error("silence could not be noted", metadata: ["error": "\(error)"])
            rearm(batch.map(\.thing), at: now + 5_000)
        }
    }

    private func rearm(_ things: [Thing], at moment: Instant) {
        state.withLock { state in
            for thing in things {
                state.watched[thing]?.isOffline = false
                state.watched[thing]?.isArmed = true
                state.wheel.set(thing.key, atMs: moment.ms)
            }
        }
    }

    /// Writes what was heard, and ends the warnings of those who are back.
    func flush() async {
        while true {
            let batch = presence.takeFresh(limit: 2_000)
            guard !batch.isEmpty else { return }
            let desk = desk
            let back = state.withLock { state in
                Set(batch.map(\.thing).filter { state.watched[$0]?.isOffline ?? false })
            }
            do {
                try await database.write { db in
                    try DeviceStore.seen(batch, in: db)
                    // Another node may have opened the warning that this sign of life ends.
                    let silent = try DeviceStore.silent(among: batch, in: db)
                    var detectors: [DetectorID: Instant] = [:]
                    for sighting in batch where back.contains(sighting.thing) || silent.contains(sighting.thing) {
                        switch sighting.thing {
                        case .gateway:
                            try Troubles(desk: desk).end(.offline, of: sighting.thing, at: sighting.at, in: db)
                        case .detector(let id): detectors[id] = sighting.at
                        }
                    }
                    if !detectors.isEmpty { try Silences(desk: desk).end(detectors, in: db) }
                }
            } catch {
                logger.error("signs of life could not be written", metadata: ["error": "\(error)"])
                return
            }
            state.withLock { state in
                for sighting in batch {
                    guard var watched = state.watched[sighting.thing] else { continue }
                    watched.isOffline = false
                    watched.lastSeen = sighting.at
                    if !watched.isArmed {
                        watched.isArmed = true
                        state.wheel.set(sighting.thing.key, atMs: sighting.at.ms + watched.allowedMs)
                    }
                    state.watched[sighting.thing] = watched
                }
            }
        }
    }
}

extension Thing {
    /// One number for both kinds: identifiers are positive, so the sign tells them apart.
    var key: Int64 {
        switch self {
        case .gateway(let id): -id.rawValue
        case .detector(let id): id.rawValue
        }
    }

    init(key: Int64) {
        self = key < 0 ? .gateway(GatewayID(rawValue: -key)) : .detector(DetectorID(rawValue: key))
    }
}
