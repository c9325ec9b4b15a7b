import Kernel
import Logging
import Storage
import StorageTesting
import Testing

@testable import FireGuard

@Suite("Inspections")
struct InspectionTests {
    private func owed(_ town: Town) async throws -> [Inspection] {
        let site = town.site.id
        return try await town.database.read { db in
            try InspectionStore.list(InspectionFilter(site: site, owedOnly: true), limit: 10, in: db)
        }
    }

    @Test("Each kind is owed once at a time; what was done owes the next at its own period")
    func periods() async throws {
        let town = try await Town()
        let (site, start) = (town.site.id, town.start)
        try await town.database.write { db in
            try InspectionStore.start(site, at: start, in: db)
            try InspectionStore.start(site, at: start, in: db)
        }
        let first = try await owed(town)
        #expect(Set(first.map(\.kind)) == Set(Inspection.Kind.allCases) && first.count == 3)
        let selfTest = try #require(first.first { $0.kind == .selfTest })
        #expect(selfTest.dueAt == start + 30 * CivilTime.dayMs)
        let later = start + 20 * CivilTime.dayMs
        try await town.database.write { db in
            try InspectionStore.record(selfTest, passed: false, note: "3 号不响", by: "巡查员", at: later, in: db)
        }
        let next = try #require(try await owed(town).first { $0.kind == .selfTest })
        #expect(next.id != selfTest.id && next.dueAt == later + 30 * CivilTime.dayMs)
        let done = try await town.database.read { db in try InspectionStore.find(selfTest.id, in: db) }
        #expect(done?.doneAt == later && done?.passed == false && done?.note == "3 号不响")
        await #expect(throws: Problem.self) {
            try await town.database.write { db in
                try InspectionStore.record(selfTest, passed: true, note: "", by: "x", at: later, in: db)
            }
        }
    }

    @Test(
        "The list is walked page by page without a gap or a double, also where many fall due on one day",
        arguments: Engine.allCases)
    func pages(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let (site, start) = (town.site, town.start)
        try await town.database.write { db in
            for number in 1...25 {
                let other = Site(
                    id: .next(), name: number == 7 ? "河边小店（示例）" : "试验店", address: "虚构路", ownerName: "业主", ownerPhone: ""
                )
                try SiteStore.save(other, keyHolders: [], at: start, in: db)
                try InspectionStore.start(other.id, at: start + Int64(number / 10), in: db)
            }
            try InspectionStore.start(site.id, at: start, in: db)
            guard let first = try InspectionStore.list(InspectionFilter(site: site.id), limit: 1, in: db).first else {
                return
            }
            try InspectionStore.record(first, passed: true, note: "", by: "巡查员", at: start, in: db)
        }
        func walk(_ filter: InspectionFilter) async throws -> [Inspection] {
            var (filter, all) = (filter, [Inspection]())
            while true {
                let current = filter
                let page = try await town.database.read { db in
                    try InspectionStore.list(current, limit: 7, in: db)
                }
                all += page
                guard page.count == 7, let last = page.last else { return all }
                filter.after = last.id
            }
        }
        let all = try await walk(InspectionFilter())
        #expect(all.count == 79 && Set(all.map(\.id)).count == 79)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.dueAt >= $1.dueAt })
        let owed = try await walk(InspectionFilter(owedOnly: true))
        #expect(owed.count == 78 && Set(owed.map(\.id)).count == 78)
        #expect(zip(owed, owed.dropFirst()).allSatisfy { $0.dueAt <= $1.dueAt })
        #expect(try await walk(InspectionFilter(owedOnly: true, kind: .annual)).count == 26)
        #expect(try await walk(InspectionFilter(passed: true)).count == 1)
        #expect(try await walk(InspectionFilter(siteText: "河边")).count == 3)
        #expect(try await walk(InspectionFilter(dueBefore: start)).isEmpty)
    }

    @Test("An inspection whose day is over is work for the owner, told once")
    func overdue() async throws {
        let town = try await Town()
        let (site, start) = (town.site.id, town.start)
        try await town.database.write { db in try InspectionStore.start(site, at: start, in: db) }
        let keeper = Housekeeping(database: town.database, desk: FakeDesk(), logger: Logger(label: "test"))
        try await keeper.slow(at: start + 29 * CivilTime.dayMs)
        #expect(try await town.count("SELECT id FROM trouble WHERE kind = 'inspection-overdue'") == 0)
        try await keeper.slow(at: start + 31 * CivilTime.dayMs)
        try await keeper.slow(at: start + 32 * CivilTime.dayMs)
        #expect(try await town.count("SELECT id FROM trouble WHERE kind = 'inspection-overdue'") == 1)
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'owner'") == 1)
    }
}
