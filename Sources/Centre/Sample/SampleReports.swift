import Cases
import Crypt
import Foundation
import Identity
import Kernel
import Logging
import Places
import Storage
import Web
import Woodpecker

/// The invented departments of the sample town, and the keys of its people.
struct SampleReports {
    let database: any Database
    let areas: AreaIndex
    let audit: Audit
    let folder: URL
    let logger: Logger
    /// Where the invented reports are.
    let places: [GeoPoint]

    private static let departments: [(name: String, phone: String, categories: [String])] = [
        ("供水供电保障站（示例）", "0990-0000001", ["water", "power", "light"]),
        ("道路与河道管护站（示例）", "0990-0000002", ["road", "river", "building"]),
        ("消防与安全生产监督站（示例）", "0990-0000003", ["fire", "work-safety"]),
        ("环境卫生站（示例）", "0990-0000004", ["waste", "noise"]),
        ("综合服务中心（示例）", "0990-0000005", ["fraud", "conduct", "other"]),
    ]

    /// Makes the people's keys from the passwords that set-up gave, then the departments with the clerk in each.
    func makeDepartments(_ made: [SetUp.Made]) async throws {
        let keys = KeyRing(database: database, hard: HardKey())
        for person in made {
            let username = person.username
            guard let id = try await database.read({ db in try StaffDirectory.find(username: username, in: db) })
            else { continue }
            try await keys.opened(id, password: person.password)
        }
        let lessons = try SampleLesson.load()
        try await database.write { db in
            // The desk's key was made by the first of them; the others get it, as colleagues give it later.
            let desk = try [Role.officer, .leader].flatMap {
                try StaffDirectory.onDuty(role: $0, area: nil, in: db).map(\.id)
            }
            try keys.shareDesk(among: desk, in: db)
            try WoodpeckerRoom.addLessons(lessons, at: .now, in: db)
            try WoodpeckerRoom.addProgram("示例平台", key: "open311-sample-key", at: .now, in: db)
            let clerks = try StaffDirectory.onDuty(role: .clerk, area: nil, in: db).map(\.id)
            for item in Self.departments {
                try WoodpeckerRoom.save(
                    Department(name: item.name, phone: item.phone, categories: item.categories), members: clerks,
                    in: db)
            }
        }
        try await makeReports(keys)
    }

    /// A handful of reports in every stage, made as citizens make them.
    private func makeReports(_ keys: KeyRing) async throws {
        let catalogue = try Catalogue(bundles: RoomList.resources)
        let cases = CaseDesk(calendar: try WorkCalendar.load())
        let room = try WoodpeckerRoom(
            database: database, cases: cases, areas: areas, keys: keys, hard: HardKey(), audit: audit, folder: folder,
            logger: logger
        ) { key, values in
            catalogue.word(key, .zh, values)
        }
        func person(_ role: Role) async throws -> Caller? {
            let found = try await database.read { db in
                try StaffDirectory.onDuty(role: role, area: nil, in: db).first
            }
            return found.map {
                Caller(
                    id: $0.id, username: role.rawValue, name: $0.name, roles: [role], areas: nil,
                    mustChangePassword: false, csrf: "", viaToken: true)
            }
        }
        guard let officer = try await person(.officer), let clerk = try await person(.clerk) else { return }
        try await room.makeSample(officer: officer, clerk: clerk, places: places, at: .now)
    }
}
