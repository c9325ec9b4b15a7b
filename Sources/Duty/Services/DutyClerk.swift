import Identity
import Kernel
import Logging
import Notify
import ServiceLifecycle
import Storage
import Web

/// Plans ahead, notices who has not come, and says before the day that a watch is unmanned.
struct DutyClerk: Service {
    static let topic = "duty"
    /// Milliseconds after its start at which a shift without check-in counts as missed.
    static let graceMs: Int64 = 600_000
    /// Milliseconds ahead in which an unmanned watch is told to the leaders.
    static let warnMs: Int64 = 72 * 3_600_000

    let database: any Database
    let desk: DutyDesk
    let planning: Planning
    let word: @Sendable (_ key: String, _ values: [String: String]) -> String
    let logger: Logger
    private let outbox = Outbox()

    init(
        database: any Database, desk: DutyDesk, planning: Planning,
        word: @escaping @Sendable (_ key: String, _ values: [String: String]) -> String, logger: Logger
    ) {
        self.database = database
        self.desk = desk
        self.planning = planning
        self.word = word
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await database.work(on: Self.topic, failing: "the rosters could not be worked on", logger: logger) {
                try await step(at: .now)
                return 30_000
            }
        }
    }

    /// Everything that is due at `now`; reads first, and writes only where there is something to write.
    func step(at now: Instant) async throws {
        let end = now.dayNumber + Planning.horizon
        let (behind, missed, gaps) = try await database.read { db in
            (
                try RosterStore.all(in: db).filter { $0.isActive && $0.plannedTo < end },
                try ShiftStore.unattended(startedBefore: now - Self.graceMs, now: now, in: db),
                try near(now, in: db)
            )
        }
        guard !behind.isEmpty || !missed.isEmpty || !gaps.isEmpty else { return }
        try await database.write { db in
            for roster in try RosterStore.all(in: db) { try planning.extend(roster, at: now, in: db) }
            for shift in try ShiftStore.unattended(startedBefore: now - Self.graceMs, now: now, in: db) {
                try tellMissed(shift, at: now, in: db)
            }
            for gap in try near(now, in: db) { try tellGap(gap, at: now, in: db) }
        }
    }

    /// Gaps that begin soon, to their own ends: where a window cut one off, it would be told anew each day.
    private func near(_ now: Instant, in db: any Reading) throws -> [DutyDesk.Gap] {
        try desk.gaps(in: now..<(now + 14 * CivilTime.dayMs), in: db).filter { $0.from < now + Self.warnMs }
    }

    /// The desk is unattended: the one who should be there is called, the leaders are told.
    private func tellMissed(_ shift: Shift, at now: Instant, in db: any Writing) throws {
        var missed = shift
        missed.missedAt = now
        try ShiftStore.update(missed, in: db)
        try DutyEvents.publish("shift.missed", missed, in: db)
        let contacts = try StaffDirectory.contacts(of: [shift.staff], in: db)
        let person = contacts[shift.staff]
        let text = word(
            "duty.message.missed",
            [
                "role": word("role.\(shift.role.rawValue)", [:]), "watch": shift.watch, "name": person?.name ?? "?",
                "time": String(shift.startsAt.text.dropLast(3)),
            ])
        var told: Set<String> = []
        if let person, !person.phone.isEmpty {
            told.insert(person.phone)
            try tell(person, shift.role.rawValue, .call, text, key: "shifts/\(shift.id)/missed", at: now, in: db)
        }
        let leaders = try desk.find(.leader, for: shift.area, at: now, in: db).people
        for leader in leaders where !leader.phone.isEmpty && told.insert(leader.phone).inserted {
            try tell(leader, "leader", .sms, text, key: "shifts/\(shift.id)/missed", at: now, in: db)
        }
    }

    private func tellGap(_ gap: DutyDesk.Gap, at now: Instant, in db: any Writing) throws {
        // The end names the gap: its beginning moves with the clock once it has begun.
        let key = "duty-gap/\(gap.role.rawValue)/\(gap.area?.description ?? "town")/\(gap.until.dayNumber)"
        let text = word(
            "duty.message.gap",
            [
                "role": word("role.\(gap.role.rawValue)", [:]), "from": String(gap.from.text.dropLast(3)),
                "until": String(gap.until.text.dropLast(3)),
            ])
        for leader in try StaffDirectory.onDuty(role: .leader, area: nil, in: db) where !leader.phone.isEmpty {
            try tell(leader, "leader", .sms, text, key: key, at: now, in: db)
        }
    }

    private func tell(
        _ person: StaffDirectory.Contact, _ role: String, _ channel: Channel, _ text: String, key: String,
        at now: Instant, in db: any Writing
    ) throws {
        try outbox.enqueue(
            NewMessage(
                channel: channel, to: Recipient(name: person.name, phone: person.phone, role: role), text: text,
                caseID: nil, subject: "duty", key: "\(key)/\(channel.rawValue)/\(person.phone)", priority: .routine,
                at: now), in: db)
    }
}

/// The events of duty; they carry no personal datum.
enum DutyEvents {
    static func publish(_ type: String, _ shift: Shift, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: type, subject: "shifts/\(shift.id)", permission: "duty.read", area: shift.area?.rawValue,
                data: "{\"id\":\"\(shift.id)\",\"role\":\"\(shift.role.rawValue)\"}"))
    }
}
