import Identity
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

/// The daily trial of carriers: when, and whom it may reach.
public struct CarrierTrial: Sendable, Equatable {
    /// Minutes after midnight in China.
    public var minute: Int
    /// Where trials of each channel go; a channel without one is not tried.
    public var to: [Channel: String]

    /// A trial.
    public init(minute: Int, to: [Channel: String]) {
        self.minute = minute
        self.to = to
    }
}

/// Looks after the ways to people before somebody needs them: whether anybody would be called in the days to come,
/// whether carriers live, and whether their daily trial came through. Each finding is told once, as a case.
public struct Watchman: Service {
    /// Opens a case for a finding and returns it.
    public typealias Open =
        @Sendable (
            _ title: String, _ key: String, _ isGrave: Bool, Instant, any Writing
        ) throws -> CaseID?

    /// Milliseconds ahead in which a hole is told of.
    static let aheadMs: Int64 = 7 * CivilTime.dayMs
    /// Milliseconds without a sign of life after which a carrier's connection counts as lost.
    static let silentMs: Int64 = 120_000
    /// Milliseconds that a trial may take until it must have been taken.
    static let trialMs: Int64 = 900_000
    /// Milliseconds between looks at the days to come.
    static let planMs: Int64 = 3_600_000

    let database: any Database
    let carriers: CarrierDesk
    let escalations: Escalations
    let trial: CarrierTrial?
    let logger: Logger
    let open: Open
    private let outbox = Outbox()

    init(
        database: any Database, carriers: CarrierDesk, escalations: Escalations, trial: CarrierTrial?, logger: Logger,
        open: @escaping Open
    ) {
        self.database = database
        self.carriers = carriers
        self.escalations = escalations
        self.trial = trial
        self.logger = logger
        self.open = open
    }

    /// Looks until told to stop.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var plannedAt: Instant?
            while !Task.isCancelled {
                do {
                    let now = Instant.now
                    try await carriers(at: now)
                    // A clock that steps back looks again too.
                    if plannedAt.map({ abs(now - $0) >= Self.planMs }) ?? true {
                        try await plans(at: now)
                        plannedAt = now
                    }
                    try await Task.sleep(for: .seconds(30))
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("the ways to people could not be looked at", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(30))
                }
            }
        }
    }

    // MARK: The days to come

    /// Looks at every policy for seven days.
    func plans(at now: Instant) async throws {
        let findings = try await database.read { db in try holes(at: now, in: db) }
        let kinds: Set<ReachWarning.Kind> = [.nobody, .uncovered]
        let known = try await database.read { db in try WarningStore.open(in: db) }
        guard !findings.isEmpty || known.contains(where: { kinds.contains($0.kind) }) else { return }
        try await database.write { db in try tell(findings, kinds: kinds, at: now, in: db) }
    }

    func holes(at now: Instant, in db: any Reading) throws -> [ReachFinding] {
        let stored = try PolicyStore.all(in: db).filter(\.isActive)
        let policies = stored.map(\.policy) + escalations.policies
        let titles =
            stored.map(\.title) + escalations.policies.map { _ in escalations.word("notify.policy.builtIn", [:]) }
        let named = try StaffDirectory.contacts(of: policies.flatMap(\.steps).flatMap(\.people), in: db)
        let holes = try PolicyCheck.holes(
            policies, in: now..<(now + Self.aheadMs), horizon: now + 2 * Self.aheadMs,
            isReachable: { named[$0].map { !$0.phone.isEmpty } ?? false },
            find: { role, area, moment in
                let found = try escalations.onDuty(role, area, moment, db)
                return PolicyCheck.OnCall(
                    isReachable: found.people.contains { !$0.phone.isEmpty }, isGap: found.isGap)
            })
        return holes.map { hole in
            let span = [
                "from": Self.short(hole.from), "weekday": escalations.word("duty.weekday.\(hole.from.dayOfWeek)", [:]),
                "until": hole.until.map(Self.short) ?? escalations.word("notify.reach.noEnd", [:]),
            ]
            let area = hole.area?.description ?? "town"
            guard let step = hole.step else {
                let role = hole.role?.rawValue ?? ""
                return ReachFinding(
                    kind: .uncovered, subject: "\(role)/\(area)",
                    text: escalations.word(
                        "notify.reach.uncovered",
                        span.merging(["role": escalations.word("role.\(role)", [:])]) { $1 }),
                    from: hole.from, until: hole.until)
            }
            return ReachFinding(
                kind: .nobody, subject: "\(titles[step.policy])/\(step.number)/\(area)",
                text: escalations.word(
                    "notify.reach.nobody",
                    span.merging(["policy": titles[step.policy], "step": String(step.number + 1)]) { $1 }),
                from: hole.from, until: hole.until)
        }
    }

    // MARK: Carriers

    /// Notes which carriers live, begins the day's trial, and tells of those that are quiet.
    func carriers(at now: Instant) async throws {
        var pulses: [String: Bool] = [:]
        for line in carriers.lines { pulses[line.name] = await line.carrier.pulse() }
        let heard = pulses
        let due = try await database.read { db in try dueTrials(at: now, in: db) }
        let (findings, known) = try await database.read { db in
            (try quiet(at: now, in: db), try WarningStore.open(in: db))
        }
        let kinds: Set<ReachWarning.Kind> = [.carrier, .trial]
        let hasNews = !findings.isEmpty || known.contains { kinds.contains($0.kind) }
        guard !heard.isEmpty || !due.isEmpty || hasNews else { return }
        try await database.write { db in
            for (name, isAlive) in heard { try WarningStore.beat(name, isAlive: isAlive, at: now, in: db) }
            for new in due { try outbox.enqueue(new, in: db) }
            // Beats just noted count.
            try tell(try quiet(at: now, in: db), kinds: kinds, at: now, in: db)
        }
    }

    private func dueTrials(at now: Instant, in db: any Reading) throws -> [NewMessage] {
        guard let trial else { return [] }
        let time = CivilTime(now)
        guard time.hour * 60 + time.minute >= trial.minute else { return [] }
        let day = String(now.text.prefix(10))
        return try carriers.lines.compactMap { line in
            guard let address = trial.to[line.channel] else { return nil }
            let key = "trial/\(day)/\(line.name)"
            guard try !MessageStore.isKnown(key, in: db) else { return nil }
            return NewMessage(
                channel: line.channel,
                to: Recipient(name: escalations.word("notify.trial.name", [:]), phone: address, role: "trial"),
                text: escalations.word("notify.trial.text", ["day": day, "carrier": line.name]), caseID: nil,
                subject: "trial/\(line.name)", key: key, at: now, via: line.name)
        }
    }

    /// What is wrong with carriers now.
    func quiet(at now: Instant, in db: any Reading) throws -> [ReachFinding] {
        let beats = try WarningStore.beats(in: db)
        var findings: [ReachFinding] = []
        for line in carriers.lines {
            func found(_ kind: ReachWarning.Kind, _ key: String, _ values: [String: String], from: Instant) {
                findings.append(
                    ReachFinding(
                        kind: kind, subject: line.name,
                        text: escalations.word(key, values.merging(["carrier": line.name]) { $1 }), from: from,
                        until: nil))
            }
            let failures = try WarningStore.failures(of: line.name, since: now - 3_600_000, in: db)
            if let heard = beats[line.name], now - heard > Self.silentMs {
                found(.carrier, "notify.reach.silent", ["at": Self.short(heard)], from: heard)
            } else if failures.count >= 3, let first = failures.first {
                found(.carrier, "notify.reach.failing", ["n": String(failures.count)], from: first)
            }
            if trial?.to[line.channel] != nil,
                let last = try WarningStore.lastTrial(of: line.name, before: now - Self.trialMs, in: db),
                ![.sent, .delivered, .answered].contains(last.state)
            {
                found(
                    .trial, "notify.reach.trial",
                    ["state": escalations.word("js.messageState.\(last.state.rawValue)", [:])], from: last.queuedAt)
            }
        }
        return findings
    }

    // MARK: Telling

    private func tell(
        _ findings: [ReachFinding], kinds: Set<ReachWarning.Kind>, at now: Instant, in db: any Writing
    ) throws {
        let (new, ended) = try WarningStore.compare(findings, kinds: kinds, at: now, in: db)
        for finding in new {
            let isGrave = [.nobody, .carrier].contains(finding.kind)
            let caseID = try open(
                finding.text, "\(finding.kind.rawValue)/\(finding.subject)/\(now.ms)", isGrave, now, db)
            try WarningStore.insert(finding, caseID: caseID, at: now, in: db)
        }
        for warning in ended {
            guard let id = warning.caseID else { continue }
            try escalations.note(escalations.word("notify.reach.over", [:]), id, now, db)
        }
        guard !new.isEmpty || !ended.isEmpty else { return }
        try db.publish(NewEvent(type: "reach.changed", subject: "reach", permission: "message.read", data: "{}"))
    }

    static func short(_ moment: Instant) -> String { String(moment.text.dropLast(3)) }
}
