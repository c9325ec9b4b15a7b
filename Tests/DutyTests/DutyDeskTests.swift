import Cases
import Foundation
import Identity
import Kernel
import Logging
import Notify
import Storage
import StorageTesting
import Testing
import Web

@testable import Duty

/// A store with three officers and a leader, and their rosters.
struct Desk {
    let storage: TestDatabase
    let desk = DutyDesk(within: { $0.contains($1) })
    let planning = Planning(calendar: WorkCalendar())
    /// A Wednesday, 12:00 in China.
    static let noon = CivilTime.instant(2026, 11, 25, 12)

    var database: any Database { storage.database }

    init(_ engine: Engine) async throws {
        storage = try await TestDatabase(engine)
        try await Migrator.migrate(
            storage.database,
            try IdentityRoom.schema() + CasesRoom.schema() + NotifyRoom.schema() + DutyRoom.schema())
        let people: [(Int64, String, String)] = [
            (1, "officer", "1"), (2, "officer", "2"), (3, "officer", ""), (4, "leader", "4"),
        ]
        try await storage.database.write { db in
            for (id, role, phone) in people {
                try db.execute(
                    """
                    INSERT INTO staff (id, username, name, phone, roles, areas, active, password, must_change, totp,
                    totp_step, created_at) VALUES (\(id), \("p\(id)"), \("示例\(id)"), \(phone), \(role), '', 1, '', 0, '', 0, 0)
                    """)
            }
        }
    }

    func roster(
        _ members: [Int64], _ watches: [String], days: Rotation.Days = .every, role: Role = .officer,
        area: AreaID? = nil
    ) -> Roster {
        Roster(
            id: .next(), name: "示例", role: role, area: area, members: members.map(StaffID.init(rawValue:)),
            rotation: Rotation(
                days: days, watches: watches.compactMap(Rotation.Watch.init), firstDay: Self.noon.dayNumber - 1),
            mustCover: true, changedAt: Self.noon)
    }

    func save(_ roster: Roster, at now: Instant = Desk.noon) async throws {
        try await database.write { [planning] db in try planning.save(roster, at: now, in: db) }
    }

    func onDuty(_ role: Role = .officer, area: AreaID? = nil, at now: Instant) async throws -> DutyDesk.Found {
        try await database.read { [desk] db in try desk.find(role, for: area, at: now, in: db) }
    }

    func messages() async throws -> [(text: String, phone: String)] {
        try await database.read { db in
            var all: [(text: String, phone: String)] = []
            try db.query("SELECT text, to_phone FROM message ORDER BY id") { row in
                all.append((text: try row.next(), phone: try row.next()))
                return true
            }
            return all
        }
    }

    func clerk() -> DutyClerk {
        DutyClerk(
            database: database, desk: desk, planning: planning, word: { key, _ in key }, logger: Logger(label: "t"))
    }
}

@Suite("Who is on duty")
struct DutyDeskTests {
    private let hour: Int64 = 3_600_000

    @Test("The roster names one person, and the next at the change of the watch", arguments: Engine.allCases)
    func roster(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["白班 08:00-20:00", "夜班 20:00-08:00"]))
        let now = try await town.onDuty(at: Desk.noon)
        #expect(now.people.map(\.phone) == ["1"])
        #expect(now.source == .roster)
        #expect(try await town.onDuty(at: Desk.noon + 8 * hour - 1).people.map(\.phone) == ["1"])
        #expect(try await town.onDuty(at: Desk.noon + 8 * hour).people.map(\.phone) == ["2"])
    }

    @Test(
        "Where nobody is rostered, or nobody who has a phone, everybody is named, and why", arguments: Engine.allCases)
    func gap(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        #expect(try await town.onDuty(at: Desk.noon).source == .none)
        try await town.save(town.roster([1], ["白班 08:00-20:00"]))
        let night = try await town.onDuty(at: Desk.noon + 10 * hour)
        #expect(night.source == .gap)
        #expect(night.people.map(\.phone) == ["1", "2", ""])
        try await town.save(town.roster([3], ["白班 20:00-08:00"]))
        #expect(try await town.onDuty(at: Desk.noon + 10 * hour).source == .gap)
    }

    @Test("A gap is known days before it comes, by the hour", arguments: Engine.allCases)
    func known(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["全天 08:00-08:00"], days: .workdays))
        let gaps = try await town.database.read { db in
            try town.desk.gaps(in: Desk.noon..<(Desk.noon + 7 * CivilTime.dayMs), in: db)
        }
        #expect(gaps.map(\.from) == [CivilTime.instant(2026, 11, 28, 8)])
        #expect(gaps.map(\.until) == [CivilTime.instant(2026, 11, 30, 8)])
    }

    @Test("A roster of one area is asked first there, and not elsewhere", arguments: Engine.allCases)
    func area(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1], ["全天 08:00-08:00"]))
        try await town.save(town.roster([2], ["全天 08:00-08:00"], area: AreaID(rawValue: 70)))
        #expect(try await town.onDuty(area: AreaID(rawValue: 70), at: Desk.noon).people.map(\.phone) == ["2", "1"])
        #expect(try await town.onDuty(area: AreaID(rawValue: 71), at: Desk.noon).people.map(\.phone) == ["1"])
    }

    @Test(
        "Changing a roster leaves what runs and what people have changed, and plans the rest anew",
        arguments: Engine.allCases)
    func change(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        var roster = town.roster([1], ["全天 08:00-08:00"])
        try await town.save(roster)
        let tomorrow = Desk.noon + 24 * hour
        try await town.database.write { db in
            var shift = try #require(try ShiftStore.running(at: tomorrow, in: db).first)
            shift.staff = StaffID(rawValue: 4)
            shift.origin = .substitute
            try ShiftStore.update(shift, in: db)
        }
        roster.members = [StaffID(rawValue: 2)]
        try await town.save(roster)
        #expect(try await town.onDuty(at: Desk.noon).people.map(\.phone) == ["1"])
        #expect(try await town.onDuty(at: tomorrow).people.map(\.phone) == ["4"])
        #expect(try await town.onDuty(at: tomorrow + 24 * hour).people.map(\.phone) == ["2"])
        roster.isActive = false
        try await town.save(roster)
        #expect(try await town.onDuty(at: tomorrow + 24 * hour).source == .none)
    }

    @Test("Plans grow with the days, and nothing is planned twice", arguments: Engine.allCases)
    func grows(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["全天 08:00-08:00"]))
        for day in [0, 1, 1, 9] as [Int64] { try await town.clerk().step(at: Desk.noon + day * CivilTime.dayMs) }
        let starts = try await town.database.read { db in
            try db.values(Int64.self, "SELECT starts_at FROM shift ORDER BY starts_at")
        }
        #expect(Set(starts).count == starts.count)
        #expect(starts.last == CivilTime.instant(2026, 11, 25 + 9, 8).ms + 34 * CivilTime.dayMs)
    }

    @Test(
        "Who does not check in within ten minutes is called, and the leader on duty is told, once",
        arguments: Engine.allCases)
    func missed(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["全天 08:00-08:00"]))
        let morning = CivilTime.instant(2026, 11, 26, 8)
        try await town.database.write { db in
            for var shift in try ShiftStore.running(at: Desk.noon, in: db) {
                shift.checkedInAt = Desk.noon
                try ShiftStore.update(shift, in: db)
            }
        }
        try await town.clerk().step(at: morning + 9 * 60_000)
        #expect(try await town.messages().isEmpty)
        for minute in [10, 11, 30] as [Int64] { try await town.clerk().step(at: morning + minute * 60_000) }
        #expect(try await town.messages().map(\.phone) == ["1", "4"])
    }

    @Test("An unmanned watch is told to the leaders before it comes, once", arguments: Engine.allCases)
    func warned(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["全天 08:00-08:00"], days: .workdays), at: Desk.noon - 24 * hour)
        _ = try await town.database.write { db in try db.execute("UPDATE shift SET checked_in_at = starts_at") }
        let friday = CivilTime.instant(2026, 11, 27, 9)
        try await town.clerk().step(at: CivilTime.instant(2026, 11, 25, 7))
        #expect(try await town.messages().isEmpty)
        for later in 0..<3 { try await town.clerk().step(at: friday + Int64(later) * hour) }
        #expect(try await town.messages().map(\.phone) == ["4"])
        #expect(try await town.messages().map(\.text) == ["duty.message.gap"])
    }
}
