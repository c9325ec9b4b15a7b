import Crypt
import Identity
import Kernel
import Storage
import Web
import Woodpecker

/// The invented departments of the sample town, and the keys of its people.
struct SampleReports {
    let database: any Database

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
        try await database.write { db in
            // The desk's key was made by the first of them; the others get it, as colleagues give it later.
            let desk = try [Role.officer, .leader].flatMap {
                try StaffDirectory.onDuty(role: $0, area: nil, in: db).map(\.id)
            }
            try keys.shareDesk(among: desk, in: db)
            try WoodpeckerRoom.addProgram("示例平台", key: "open311-sample-key", at: .now, in: db)
            let clerks = try StaffDirectory.onDuty(role: .clerk, area: nil, in: db).map(\.id)
            for item in Self.departments {
                try WoodpeckerRoom.save(
                    Department(name: item.name, phone: item.phone, categories: item.categories), members: clerks,
                    in: db)
            }
        }
    }
}
