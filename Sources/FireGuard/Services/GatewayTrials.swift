import GB26875
import Kernel
import Logging
import MQTT
import ServiceLifecycle
import Storage
import Synchronization

/// Sends a fire of its own through every way in, each day and when somebody asks, and sees that it arrives: a port behind
/// a firewall or a broker that forgot its rights is found before a detector needs it.
final class GatewayTrials: Service {
    /// Seconds until what was handed over must have come in.
    static let patience = 20
    /// Days for which trials are kept.
    static let keptMs: Int64 = 90 * CivilTime.dayMs
    /// Addresses that platforms push to which are tried.
    private static let pushes = 200
    /// A device that does not exist: real ones bear their maker's or the centre's number.
    private static let deviceAddress = "fefefefefefe"
    private static let leaseMs: Int64 = 120_000

    private let database: any Database
    private let desk: any Desk
    private let loopback: Loopback
    private let minute: Int?
    private let logger: Logger
    private let isAsked = Atomic<Bool>(false)

    /// - Parameter minute: minutes after midnight in China; `nil` is only when somebody asks.
    init(minute: Int?, over loopback: Loopback, database: any Database, desk: any Desk, logger: Logger) {
        self.minute = minute
        self.loopback = loopback
        self.database = database
        self.desk = desk
        self.logger = logger
    }

    /// Has every way tried as soon as the worker looks, within two seconds.
    func ask() { isAsked.store(true, ordering: .releasing) }

    /// The ways there are now.
    func ways(in db: any Reading) throws -> [TrialWay] {
        var ways: [TrialWay] = loopback.server == nil ? [] : [TrialWay(kind: .line)]
        // A topic is a way in once somebody has registered a gateway for it.
        ways += try (loopback.broker?.rules ?? []).filter {
            try DeviceStore.gateway(.mqtt, address: $0.gateway, in: db) != nil
        }.map { TrialWay(kind: .topic($0)) }
        for kind in [GatewayKind.json, .ctwing, .onenet] {
            ways += try DeviceStore.gateways(kind: kind, after: nil, limit: Self.pushes, in: db).map {
                TrialWay(kind: .push($0))
            }
        }
        return ways
    }

    /// The newest of each way, `nil` where it was never tried.
    func newest(in db: any Reading) throws -> [(way: TrialWay, trial: GatewayTrial?)] {
        try ways(in: db).map { ($0, try GatewayTrialStore.newest(of: $0.name, before: .now + 1, in: db)) }
    }

    func run() async throws {
        let owner = ID<GatewayTrials>.next().description
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(2))
                let asked = isAsked.exchange(false, ordering: .acquiringAndReleasing)
                do {
                    try await round(asked: asked, owner: owner, at: .now)
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("the ways in could not be tried", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Tries what is due, one way after another; of several nodes one does it.
    private func round(asked: Bool, owner: String, at now: Instant) async throws {
        let today = minute.map { Self.time($0, onDayOf: now) }
        guard asked || today.map({ now >= $0 }) ?? false else { return }
        let due = try await database.read { [self] db in
            try ways(in: db).filter {
                guard !asked, let last = try GatewayTrialStore.newest(of: $0.name, before: now + 1, in: db) else {
                    return true
                }
                return today.map { last.sentAt < $0 } ?? false
            }
        }
        for way in due where !Task.isCancelled {
            let isOurs = try await database.write { db in
                try Lease.take("fire/trial", for: owner, ms: Self.leaseMs, at: .now, in: db)
            }
            guard isOurs else { return }
            try await run(way)
        }
        guard !due.isEmpty else { return }
        try await database.write { db in
            try GatewayTrialStore.prune(before: now - Self.keptMs, in: db)
            try Lease.giveBack("fire/trial", of: owner, in: db)
        }
    }

    private static func time(_ minute: Int, onDayOf now: Instant) -> Instant {
        let day = CivilTime(now)
        return CivilTime.instant(day.year, day.month, day.day, minute / 60, minute % 60)
    }

    /// Tries one way, from the announcement to the finding.
    func run(_ way: TrialWay, at now: Instant = .now) async throws {
        var mark = "trial-" + (0..<2).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined()
        var frame: [UInt8] = []
        if case .line = way.kind {
            let made = DrillFrame.make(
                gateway: Self.deviceAddress, detector: "1-1-1-0", mark: String(mark.dropFirst(6).prefix(16)),
                serial: .random(in: 0...UInt16.max), at: now)
            guard let made else { return }
            (mark, frame) = (made.key, made.bytes)
        }
        let (sent, bytes) = (mark, frame)
        try await database.write { db in try GatewayTrialStore.begin(sent, way: way.name, at: now, in: db) }
        var failure = await hand(over: sent, bytes, by: way)
        if failure == nil, try await !comesIn(sent) { failure = .unheard }
        let found = failure
        try await database.write { [self] db in try conclude(way, sent, found, at: .now, in: db) }
    }

    private func hand(over mark: String, _ frame: [UInt8], by way: TrialWay) async -> GatewayTrial.Failure? {
        switch way.kind {
        case .line: await loopback.send(frame: frame)
        case .topic(let rule): await loopback.publish(OwnFire.of(rule, device: mark, mark: mark))
        case .push(let gateway):
            await loopback.push(OwnFire.body(gateway, device: mark, mark: mark), to: gateway, mark: mark)
        }
    }

    private func comesIn(_ mark: String) async throws -> Bool {
        for _ in 0..<(Self.patience * 5) {
            let trial = try await database.read { db in try GatewayTrialStore.find(mark, in: db) }
            if trial?.heardAt != nil { return true }
            try await Task.sleep(for: .milliseconds(200))
        }
        return false
    }

    /// A failure opens work once, however long it lasts; its end is noted there.
    private func conclude(
        _ way: TrialWay, _ mark: String, _ failure: GatewayTrial.Failure?, at now: Instant, in db: any Writing
    ) throws {
        guard let trial = try GatewayTrialStore.find(mark, in: db) else { return }
        let before = try GatewayTrialStore.newest(of: way.name, before: trial.sentAt, in: db)
        // Between the last look and this one it may have come in after all.
        if let failure, trial.heardAt == nil {
            let caseID = try before?.failure == nil ? open(way, failure, trial, at: now, in: db) : before?.caseID
            try GatewayTrialStore.failed(mark, failure, caseID: caseID, in: db)
        } else if before?.failure != nil, let caseID = before?.caseID {
            try desk.note(desk.word("fire.trial.over", [:]), on: caseID, by: .system("fire"), at: now, in: db)
        }
        try db.publish(
            NewEvent(type: "gateway.tried", subject: "gateways", permission: "site.write", data: "{}"))
    }

    private func open(
        _ way: TrialWay, _ failure: GatewayTrial.Failure, _ trial: GatewayTrial, at now: Instant, in db: any Writing
    ) throws -> CaseID {
        let title = desk.word(
            "fire.trial.title",
            ["way": way.title(desk.word), "why": desk.word("fire.trial.\(failure.rawValue)", [:])])
        return try desk.openCase(
            NewFireCase(
                isWork: true, severity: 3, title: title, place: "", point: nil, area: nil, subject: nil,
                signalKey: "fire-trial/\(way.name)/\(trial.sentAt.ms)", at: now), in: db)
    }
}

extension TrialWay {
    /// Its name for people.
    func title(_ word: (String, [String: String]) -> String) -> String {
        switch kind {
        case .line: word("fire.trial.way.line", [:])
        case .topic(let rule): word("fire.trial.way.topic", ["topic": rule.filter])
        case .push(let gateway): word("fire.trial.way.push", ["name": gateway.name])
        }
    }
}
