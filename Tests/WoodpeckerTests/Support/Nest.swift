import AsyncHTTPClient
import Cases
import Crypt
import Foundation
import HTTPTypes
import Identity
import Kernel
import Logging
import Notify
import Places
import Storage
import StorageTesting
import Web

@testable import Woodpecker

/// The room on a database of its own with an officer, a leader, two clerks and an administrator at work; nothing
/// listens, and keys are made cheaply.
final class Nest: Sendable {
    let database: any Database
    let folder: URL
    let room: WoodpeckerRoom
    let cases: CaseDesk
    let keys: KeyRing
    let people: [String: Caller]
    let water: Department
    let service: Department
    private let storage: TestDatabase
    static let password = "a-password-for-tests"

    init(
        _ engine: Engine = .sqlite, weChat: WeChatConfiguration? = nil, client: HTTPClient? = nil,
        offers: (CaseDesk) -> LessonOffers = { LessonOffers(cases: $0) }
    ) async throws {
        let storage = try await TestDatabase(engine)
        self.storage = storage
        database = storage.database
        folder = storage.folder
        try await Migrator.migrate(
            database,
            try IdentityRoom.schema() + PlacesRoom.schema() + CasesRoom.schema() + NotifyRoom.schema()
                + WoodpeckerRoom.schema())
        let database = database
        let audit = try Audit(folder: storage.folder)
        let hard = HardKey(memoryKiB: 64, passes: 1)
        keys = KeyRing(database: database, hard: hard)
        cases = CaseDesk(calendar: WorkCalendar())
        var logger = Logger(label: "nest")
        logger.logLevel = .critical
        let areas = try await PlacesRoom(database: database, logger: logger).index
        var configuration = WoodpeckerConfiguration()
        configuration.slowLane = .zero
        configuration.weChat = weChat
        configuration.publicURL = "https://town.example"
        room = try WoodpeckerRoom(
            database: database, cases: cases, areas: areas, keys: keys, hard: hard, audit: audit,
            folder: storage.folder, configuration: configuration, client: client, offers: offers(cases), logger: logger
        ) { key, _ in key }
        var people: [String: Caller] = [:]
        for (index, (name, role)) in [
            ("officer", Role.officer), ("officer2", .officer), ("leader", .leader), ("clerk", .clerk),
            ("clerk2", .clerk), ("admin", .admin),
        ].enumerated() {
            let id = StaffID(rawValue: Int64(index + 1))
            people[name] = Caller(
                id: id, username: name, name: name, roles: [role], areas: nil, mustChangePassword: false, csrf: "",
                viaToken: true)
            _ = try await database.write { db in
                try db.execute(
                    """
                    INSERT INTO staff (id, username, name, phone, roles, areas, active, password, must_change, totp,
                    totp_step, created_at) VALUES (\(id), \(name), \(name), '', \(role.rawValue), '', 1, '', 0, '', 0, 0)
                    """)
            }
        }
        self.people = people
        let (clerk, clerk2) = (
            people["clerk"]?.id ?? StaffID(rawValue: 0), people["clerk2"]?.id ?? StaffID(rawValue: 0)
        )
        for name in ["officer", "leader", "clerk", "clerk2"] {
            if let person = people[name] { try await keys.opened(person.id, password: Self.password) }
        }
        let water = Department(name: "供水站", phone: "", categories: ["water"])
        let service = Department(name: "服务站", phone: "", categories: ["conduct"])
        (self.water, self.service) = (water, service)
        let keys = keys
        let (officer, leader, second) = (people["officer"], people["leader"], people["officer2"])
        if let second { try await keys.opened(second.id, password: Self.password) }
        try await database.write { db in
            try WoodpeckerRoom.save(water, members: [clerk], in: db)
            try WoodpeckerRoom.save(service, members: [clerk2], in: db)
            // The leader came after the officer, who made the desk's key: it is given on.
            if let officer, let leader, let second {
                try keys.give(.desk, to: leader.id, by: officer.id, in: db)
                try keys.give(.desk, to: second.id, by: officer.id, in: db)
            }
        }
    }

    func person(_ name: String) throws -> Caller {
        guard let caller = people[name] else { throw Problem.notFound }
        return caller
    }

    /// Hands a report in and gives its receipt.
    func report(
        _ words: String = "桥头水管爆了", level: Level = .anonymous, category: String = "water", about: Holder? = nil,
        point: GeoPoint? = nil, joins: CaseID? = nil, photos: [[UInt8]] = [], at now: Instant = .now
    ) async throws -> (receipt: Receipt, taken: Intake.Taken) {
        let receipt = try Receipt()
        guard let category = room.category(category) else { throw Problem.notFound }
        let taken = try await room.intake.take(
            NewReport(
                receipt: receipt, level: level, channel: .web, category: category, area: nil,
                content: ReportContent(words: words, point: point, name: "贺某", phone: "19900001111"), photos: photos,
                about: about, joins: joins, at: now))
        return (receipt, taken)
    }

    /// Does what a person does on the page of reports.
    func act(_ act: HandlingStep.Act, _ id: CaseID, as name: String, _ fields: [(name: String, value: String)] = [])
        async throws
    {
        let caller = try person(name)
        let room = room
        let step = try HandlingStep(Form(pairs: [("act", act.rawValue)] + fields))
        try await database.write { db in try room.perform(step, id, by: caller, at: .now, in: db) }
    }

    func status(_ receipt: Receipt) async throws -> Correspondence.Status? {
        guard let opened = try await room.intake.open(receipt) else { return nil }
        let room = room
        return try await database.read { db in try room.correspondence.status(opened, at: .now, in: db) }
    }

    /// What a person reads of the first report of a case.
    func words(_ id: CaseID, as name: String) async throws -> String? {
        let caller = try person(name)
        let room = room
        return try await database.read { db in
            _ = try room.handling.visible(id, for: caller, in: db)
            guard let report = try ReportStore.list(of: id, in: db).first else { return nil }
            return try OpenReport(
                report, key: try room.handling.key(of: report.id, for: caller, in: db), confided: nil, in: db
            )
            .content?.words
        }
    }
}
