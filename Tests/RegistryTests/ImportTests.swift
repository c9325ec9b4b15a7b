import Foundation
import Kernel
import Office
import Storage
import Testing
import Web

@testable import Registry

@Suite("Bringing a table in")
struct ImportTests {
    private let table = """
        序号,姓名,性别,身份证号,出生日期,联系电话,户编号,地址
        1,张建国,男,412723199010050012,1990.10.5,１９９００００１２３４,H1,东村一社12号
        2,李四,男,412723199010050013,1990-10-05,19900001235,H2,西村1号
        3,王五,女,,2050-01-01,19900001236,H3,西村2号
        4,张建国,男,412723199010050012,1990-10-05,19900009999,H1,东村一社12号
        5,赵六,女,110102199101010078,1991-01-01,12,H4,西村3号
        合计,,,,,,,
        """

    private func run(_ town: Town, isDry: Bool = false, table: String? = nil) async throws -> RegistryRoom.ImportReport
    {
        try await town.room.importTable(
            Array((table ?? self.table).utf8), name: "人员.csv", category: "resident", isDry: isDry, words: { $0 })
    }

    @Test(
        "Good rows are stored, bad ones come back with why, twice is once, and a trial stores nothing",
        arguments: Engine.allCases)
    func whole(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let trial = try await run(town, isDry: true)
        #expect((trial.added, trial.refused) == (1, 4))
        #expect(try await town.find("张建国").records.isEmpty)
        let first = try await run(town)
        #expect((first.added, first.changed, first.same, first.refused) == (1, 0, 0, 4))
        #expect(!first.refusedRows.isEmpty)
        let found = try #require(try await town.find("张建国").records.first)
        #expect(found["phone"] == "19900001234")
        #expect(found["birthDate"] == "1990-10-05")
        #expect(found.area != nil)
        let again = try await run(town)
        #expect((again.added, again.changed, again.same, again.refused) == (0, 0, 1, 4))
        let flaws = try await town.database.read { db in
            try db.values(String.self, "SELECT flaws FROM registry_refusal ORDER BY import_id, line")
        }
        #expect(
            Array(flaws.prefix(4)) == [
                "idNumber:id-check", "birthDate:rule-not-in-future", "name:twice-in-file", "phone:phone",
            ])
    }

    @Test("What somebody saw is not overwritten by a table: it is disputed, once")
    func seenStays() async throws {
        let town = try await Town()
        _ = try await run(town)
        let id = try #require(try await town.find("张建国").records.first).id
        let (category, writer, hand) = (try town.category("resident"), town.desk.writer, town.hand(.visit, name: "网格员"))
        try await town.database.write { db in
            guard let record = try RecordStore.find(id, in: db) else { return }
            var (values, facts) = (record.values, record.facts)
            values["phone"] = "19900005555"
            facts["phone"] = Fact(
                source: .visit, seenAt: hand.at, seenBy: hand.name, verifiedAt: hand.at, verifiedBy: hand.name)
            try writer.update(record, to: values, facts: facts, category, by: hand, in: db)
        }
        #expect(try await run(town).changed == 1)
        let record = try #require(try await town.record(id))
        #expect(record.values["phone"] == "19900005555")
        #expect(record.facts["phone"].isDisputed)
        #expect(try await run(town).same == 1)
    }

    @Test("An ID number in a numeric cell is refused, never rebuilt")
    func wrecked() throws {
        let category = try #require(try CategoryStore.shipped().first { $0.key == "resident" })
        let reading = RowReading(
            category: category,
            plan: ImportPlan(names: ["姓名", "号"], columns: [0: "name", 1: "idNumber"], headLine: 1),
            is1904: false, today: 20_000)
        let (_, flaws) = reading.read(
            .init(line: 2, cells: [.text("张三"), .number(4.12702195001011E+17, isDate: false)]))
        #expect(flaws == [Flaw(field: "idNumber", code: "id-was-number")])
    }

    @Test("A broken-off import goes on where it stopped and stores no row twice", arguments: Engine.allCases)
    func resume(_ engine: Engine) async throws {
        let town = try await Town(engine)
        var table = "姓名,户编号,出生日期,地址\n"
        for number in 0..<1_200 { table += "王\(["一", "二", "三"][number % 3]),H\(number),1980-01-01,东村\(number)号\n" }
        let importer = town.room.importer
        let category = try town.category("resident")
        let job = try await importer.take(
            Array(table.utf8), name: "", category, viewer: Viewer(roles: [.clerk]), by: (nil, "x"), at: .now)
        try await town.database.write { db in
            var plan = job.plan
            plan.isDry = false
            try ImportStore.queue(job.id, plan, in: db)
        }
        let queued = try #require(try await town.database.read { db in try ImportStore.find(job.id, in: db) })
        // As a stop after the first batch leaves it.
        let file = importer.file(job.id).path
        let half = try await Blocking.run { () throws -> Int64 in
            var pass = ImportPass(
                importer: importer, job: queued, category: category, is1904: false, done: 0, at: .now)
            let table = try TableFile(path: file)
            try table.rows { row in
                try pass.take(row)
                return row.line < 700
            }
            try pass.settle()
            return pass.counts.added
        }
        #expect(half == 500)
        let broken = try #require(try await town.database.read { db in try ImportStore.pending(in: db).first })
        #expect(broken.done == 501)
        try await importer.run(broken)
        let done = try #require(try await town.database.read { db in try ImportStore.find(job.id, in: db) })
        #expect(done.state == .done)
        #expect(done.counts.added == 1_200)
        let count = try await town.database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM registry_record") ?? 0
        }
        #expect(count == 1_200)
    }
}
