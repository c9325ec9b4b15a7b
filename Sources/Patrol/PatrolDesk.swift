import Cases
import Identity
import Kernel
import Storage
import Web

extension Permission {
    /// See rounds, walks and what was missed.
    public static let patrolRead = Permission("patrol.read", [.officer, .leader, .patrol, .grid, .admin, .auditor])
    /// Walk rounds, and keep the own track on a watch.
    public static let patrolWalk = Permission("patrol.walk", [.patrol, .grid])
    /// Make rounds and print their codes.
    public static let patrolManage = Permission("patrol.manage", [.leader, .admin])
    /// Look at somebody's track for a case; each look is recorded and shown to the person.
    public static let patrolLook = Permission("patrol.look", [.leader])
}

/// What people do with rounds, each in one transaction with its record and its event.
public struct PatrolDesk: Sendable {
    let cases: CaseDesk
    let audit: Audit
    /// The part of a person's watch that they stand at a moment, from their coming to its end; `nil` where they are not
    /// on watch or have not come.
    let watch: @Sendable (StaffID, Instant, any Reading) throws -> Range<Instant>?
    let word: @Sendable (_ key: String, _ values: [String: String]) -> String

    /// A desk.
    /// - Parameters:
    ///   - watch: the part of a person's watch that they stand at a moment; `nil` where they do not.
    ///   - word: the catalogue's words in the town's language.
    public init(
        cases: CaseDesk, audit: Audit,
        watch: @escaping @Sendable (StaffID, Instant, any Reading) throws -> Range<Instant>?,
        word: @escaping @Sendable (_ key: String, _ values: [String: String]) -> String
    ) {
        self.cases = cases
        self.audit = audit
        self.watch = watch
        self.word = word
    }

    /// Stores a round with its points, and plans its walks anew from `now` on. What is walked already stays as it was.
    /// - Parameter by: `nil` for set-up.
    public func save(
        _ round: Round, points: [CheckPoint], by caller: Caller?, at now: Instant, in db: any Writing
    ) throws {
        let isNew = try RoundStore.find(round.id, in: db) == nil
        var round = round
        round.changedAt = now
        round.plannedTo = 0
        try RoundStore.save(round, in: db)
        let kept = Set(points.map(\.id))
        for var gone in try RoundStore.points(of: round.id, in: db) where !kept.contains(gone.id) {
            gone.isActive = false
            try RoundStore.save(gone, in: db)
        }
        for point in points { try RoundStore.save(point, in: db) }
        try WalkStore.dropPlanned(of: round.id, from: now, in: db)
        try plan(round, at: now, in: db)
        guard let caller else { return }
        try record(
            isNew ? "patrol.create" : "patrol.change", "patrol/\(round.id)", by: caller,
            detail: ["name": round.name, "points": String(points.count)], at: now, in: db)
        try publish("patrol.changed", round.area, "patrol/\(round.id)", at: now, in: db)
    }

    /// Plans the walks that are missing up to the horizon.
    func plan(_ round: Round, at now: Instant, in db: any Writing) throws {
        let end = now.dayNumber + WalkTimes.horizon
        guard round.isActive, round.plannedTo < end else { return }
        let points = try RoundStore.points(of: round.id, in: db)
        let days = max(now.dayNumber, round.plannedTo)..<end
        for start in WalkTimes.starts(round.content, on: days, isWorkday: cases.calendar.isWorkday)
        where start >= now && !points.isEmpty {
            _ = try WalkStore.insert(Walk(round, from: start), points, in: db)
        }
        try RoundStore.setPlanned(round.id, to: end, in: db)
        db.wake(PatrolClerk.topic)
    }

    /// What a phone tells of one point.
    struct Told: Sendable {
        var visit: Visit
        var photo: AttachmentID?
        var note: String
        /// What the person found wrong there; empty where nothing was.
        var finding: String
    }

    /// Somebody was at a point; a second time changes nothing.
    /// - Returns: the case of what was found wrong.
    func visit(
        _ point: PointID, of id: WalkID, _ told: Told, by caller: Caller, at now: Instant, in db: any Writing
    ) throws -> CaseID? {
        guard var walk = try WalkStore.find(id, in: db), let round = try RoundStore.find(walk.round, in: db),
            sees(round.area, caller), let place = try RoundStore.points([point], in: db)[point]
        else { throw Problem.notFound }
        let stops = try WalkStore.stops(of: [id], in: db)[id] ?? []
        guard var stop = stops.first(where: { $0.point == point }) else { throw Problem.notFound }
        guard stop.at == nil else { return nil }
        if let photo = told.photo,
            try !cases.isFree(photo, of: caller.id, in: db) || WalkStore.isShown(photo, in: db)
        {
            throw Problem.invalid(["photoId": "unknown"])
        }
        let before = stops.first { $0.seq < stop.seq && $0.at == nil }?.name
        switch VisitRule.judge(told.visit, at: place, of: walk, missingBefore: before, now: now) {
        case .failure(let refusal): throw Problem.conflict("patrol.\(refusal.code)", detail: refusal.detail)
        case .success(let shown):
            (stop.way, stop.metres) = shown
        }
        stop.at = told.visit.at
        stop.toldAt = now
        stop.staff = caller.id
        stop.staffName = caller.name
        stop.photo = told.photo
        stop.note = told.note
        try WalkStore.update(stop, in: db)
        let actor = Actor.staff(caller.id, caller.name)
        if let missed = walk.caseID, try cases.isOpen(missed, in: db) {
            try cases.note(
                word("patrol.line.later", ["point": stop.name, "time": told.visit.at.text]), on: missed, by: actor,
                at: now, in: db)
        }
        if stops.allSatisfy({ $0.at != nil || $0.point == point }) {
            walk.doneAt = now
            try WalkStore.update(walk, in: db)
        }
        try publish("patrol.visited", round.area, "patrol/walks/\(id)", at: now, in: db)
        guard !told.finding.isEmpty else { return nil }
        return try open(told, at: place, of: round, walk: id, by: actor, now: now, in: db)
    }

    /// The case of what somebody found wrong at a point.
    private func open(
        _ told: Told, at place: CheckPoint, of round: Round, walk: WalkID, by actor: Actor, now: Instant,
        in db: any Writing
    ) throws -> CaseID {
        let id = try cases.open(
            NewCase(
                kind: .patrol, severity: .moderate,
                title: word("patrol.case.found", ["point": place.name]), placeText: place.name, point: place.point,
                area: round.area, subject: place.subject.isEmpty ? "patrol/\(round.id)" : place.subject,
                signal: Signal(source: "patrol", key: "\(walk)/\(place.id)"), at: now), in: db)
        try cases.note(told.finding, on: id, by: actor, at: now, in: db)
        if let photo = told.photo { try cases.attach(photo, to: id, by: actor, at: now, in: db) }
        return id
    }

    /// Opens the case of a walk whose time of grace is over.
    func miss(_ walk: Walk, at now: Instant, in db: any Writing) throws {
        guard let round = try RoundStore.find(walk.round, in: db) else { return }
        let stops = try WalkStore.stops(of: [walk.id], in: db)[walk.id] ?? []
        let missing = stops.filter { $0.at == nil }
        guard !missing.isEmpty else { return }
        let first = try RoundStore.points([missing[0].point], in: db)[missing[0].point]
        let names = missing.prefix(10).map(\.name).joined(separator: "、")
        var walk = walk
        walk.missedAt = now
        walk.caseID = try cases.open(
            NewCase(
                kind: .patrol, severity: .moderate,
                title: word(
                    "patrol.case.missed",
                    [
                        "round": round.name, "time": String(walk.startsAt.text.dropFirst(11).prefix(5)),
                        "n": String(missing.count),
                    ]), placeText: names, point: first?.point, area: round.area, subject: "patrol/\(round.id)",
                signal: Signal(source: "patrol", key: walk.id.description), at: now), in: db)
        try WalkStore.update(walk, in: db)
        try publish("patrol.missed", round.area, "patrol/walks/\(walk.id)", at: now, in: db)
    }

    // MARK: the own track

    /// Keeps what a phone tells of its way, as far as its owner is on watch.
    /// - Returns: how many fixes were kept.
    func keep(_ fixes: [Fix], of caller: Caller, at now: Instant, in db: any Writing) throws -> Int {
        guard let shift = try watch(caller.id, now, db) else { throw Problem.conflict("patrol.off") }
        let known = try TrackStore.known(of: caller.id, in: shift, in: db)
        let kept = TrackRule.keep(fixes, shift: shift, known: known.count, last: known.last, now: now)
        for fix in kept { try TrackStore.insert(fix, of: caller.id, in: db) }
        return kept.count
    }

    /// Somebody's way around the time of a case, for whoever looks at it for that case.
    func look(
        at staff: StaffID, for id: CaseID, purpose: String, by caller: Caller, at now: Instant, in db: any Writing
    ) throws -> [Fix] {
        guard let record = try cases.record(id, in: db), sees(record.area, caller) else { throw Problem.notFound }
        let fixes = try TrackStore.fixes(of: staff, in: Self.window(of: record, at: now), in: db)
        try TrackStore.add(
            lookAt: staff, by: caller.name, for: id, number: record.number, purpose: purpose, at: now, in: db)
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: "patrol.look", subject: "staff/\(staff)",
                purpose: purpose, detail: try JSON.text(["case": record.number, "fixes": String(fixes.count)])), in: db)
        return fixes
    }

    /// The hours of a case's own that a look shows: from an hour before it opened to its end, a day at most.
    static func window(of record: CaseRecord, at now: Instant) -> Range<Instant> {
        let from = record.openedAt - 3_600_000
        return from..<min(max(record.closedAt ?? now, record.openedAt), from + CivilTime.dayMs)
    }

    /// Whether a caller sees what lies in an area.
    func sees(_ area: AreaID?, _ caller: Caller) -> Bool {
        guard let area, let areas = caller.areas else { return true }
        return areas.contains(area)
    }

    private func publish(
        _ type: String, _ area: AreaID?, _ subject: String, at now: Instant, in db: any Writing
    ) throws {
        try db.publish(
            NewEvent(
                type: type, subject: subject, permission: Permission.patrolRead.name, area: area?.rawValue, at: now,
                data: try JSON.text(["subject": subject])))
    }

    private func record(
        _ action: String, _ subject: String, by caller: Caller, detail: [String: String], at now: Instant,
        in db: any Writing
    ) throws {
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: action, subject: subject,
                detail: try JSON.text(detail)), in: db)
    }
}
