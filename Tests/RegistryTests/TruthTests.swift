import Kernel
import Places
import Storage
import Testing
import Web

@testable import Registry

@Suite("Kept true")
struct TruthTests {
    private func change(
        _ town: Town, _ id: RecordID, base: Int64, _ values: [String: String], by name: String = "甲",
        source: Source = .department, verified: [String] = [], days: Int64 = 0
    ) async throws -> RecordEditing.Outcome {
        let editing = RecordEditing(
            desk: town.desk, category: try town.category("resident"), viewer: Viewer(roles: [.clerk]),
            hand: town.hand(source, name: name, days: days))
        return try await town.database.write { db in
            try editing.change(id, base: base, sent: values, verified: verified, in: db)
        }
    }

    @Test(
        "Two changes of different fields both stay; of the same field the later one is shown both sides",
        arguments: Engine.allCases)
    func conflicts(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.add("resident", Town.zhang)
        guard case .saved(2) = try await change(town, id, base: 1, ["phone": "19900002222"]) else {
            Issue.record("the first change was not saved")
            return
        }
        guard case .saved(3) = try await change(town, id, base: 1, ["living": "away"], by: "乙") else {
            Issue.record("a change of another field was not saved")
            return
        }
        let outcome = try await change(town, id, base: 1, ["phone": "19900003333"], by: "乙")
        guard case .conflict(let conflicts, 3, _) = outcome else {
            Issue.record("no conflict: \(outcome)")
            return
        }
        #expect(
            conflicts.map { [$0.field, $0.base, $0.mine, $0.theirs, $0.by] } == [
                ["phone", "19900001234", "19900003333", "19900002222", "甲"]
            ])
        let record = try #require(try await town.record(id))
        #expect(record.values["phone"] == "19900002222" && record.values["living"] == "away")
        // Who has seen it may still change it.
        guard case .saved(4) = try await change(town, id, base: 3, ["phone": "19900003333"], by: "乙") else {
            Issue.record("the change was not saved after it had been looked at")
            return
        }
        let history = try await town.database.read { db in try RecordStore.history(of: id, limit: 10, in: db) }
        #expect(history.map(\.field) == ["phone", "living", "phone"])
        #expect(history.map(\.by) == ["乙", "乙", "甲"])
    }

    @Test("A contradiction sends somebody to look, and who has looked settles it", arguments: Engine.allCases)
    func doubts(_ engine: Engine) async throws {
        let town = try await Town(engine)
        var values = Town.zhang
        values["birthDate"] = "1990-10-06"
        let id = try await town.add("resident", values)
        #expect(try await town.record(id)?.doubts == 1)
        let (desk, now, category) = (town.desk, town.now, try town.category("resident"))
        let viewer = Viewer(roles: [.grid])
        let due = try await town.database.read { db in try Visits(desk: desk).due(viewer, at: now, in: db) }
        #expect(due.map(\.id) == [id])
        let caller = Caller(
            id: StaffID(rawValue: 3), username: "grid", name: "网格员", roles: [.grid], areas: nil,
            mustChangePassword: false, csrf: "", viaToken: true)
        _ = try await town.database.write { db in
            try Visits(desk: desk).report(
                id, category, viewer, caller,
                VisitReport(version: 1, verified: ["birthDate", "idNumber"], values: nil, at: nil), at: now, in: db)
        }
        let settled = try #require(try await town.record(id))
        #expect(settled.doubts == 0)
        #expect(settled.facts["birthDate"].verifiedBy == "网格员")
        // It stays settled when the record changes otherwise, and a mended one is gone.
        _ = try await change(town, id, base: settled.version, ["living": "away"])
        #expect(try await town.record(id)?.doubts == 0)
        let version = try #require(try await town.record(id)).version
        _ = try await change(town, id, base: version, ["birthDate": "1990-10-05"])
        let left = try await town.database.read { db in
            try DoubtStore.list(of: id, in: db).filter { $0.state == "open" }
        }
        #expect(left.isEmpty)
    }

    @Test("What was verified falls due again after its own time")
    func due() async throws {
        let town = try await Town()
        let id = try await town.add("resident", Town.zhang)
        let record = try #require(try await town.record(id))
        #expect(record.dueAt == town.now + 180 * CivilTime.dayMs)
        _ = try await change(
            town, id, base: 1, [:], source: .visit, verified: Array(record.values.all.keys), days: 100)
        #expect(try await town.record(id)?.dueAt == town.now + 280 * CivilTime.dayMs)
        let fact = record.facts["name"]
        #expect(fact.status(at: town.now, days: 180) == .unverified)
        #expect(fact.status(at: town.now + 181 * CivilTime.dayMs, days: 180) == .stale)
    }

    @Test(
        "Homophones with the same birth date are a pair, different people are never asked again",
        arguments: Engine.allCases)
    func duplicates(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let first = try await town.add("resident", Town.zhang)
        var same = Town.zhang
        same.merge(["name": "张健国", "idNumber": "", "household": "H9"]) { $1 }
        let second = try await town.add("resident", same)
        var other = Town.zhang
        other.merge(["name": "刘大山", "idNumber": "", "household": "H8", "phone": "19900007777"]) { $1 }
        try await town.add("resident", other)
        let finder = Duplicates(desk: town.desk)
        #expect(try await finder.search(at: town.now) == 1)
        let pair = try await town.database.read { db in
            try db.values(RecordID.self, "SELECT left_record FROM registry_pair")
                + db.values(RecordID.self, "SELECT right_record FROM registry_pair")
        }
        #expect(Set(pair) == [first, second])
        _ = try await town.database.write { db in
            try db.execute("UPDATE registry_pair SET state = 'different'")
        }
        #expect(try await finder.search(at: town.now) == 0)
    }

    @Test("Weights: a twin with another ID number is no duplicate, a misheard name is")
    func weights() throws {
        let category = try #require(try CategoryStore.shipped().first { $0.key == "resident" })
        func person(_ values: [String: String]) -> Similarity.Person {
            Similarity.Person(FieldValues(values), category)
        }
        let one = person(["name": "张建国", "birthDate": "1990-10-05", "idNumber": "412723199010050012", "sex": "1"])
        let twin = person(["name": "张建军", "birthDate": "1990-10-05", "idNumber": "110102199101010078", "sex": "1"])
        #expect(Similarity.compare(one, twin).score < Similarity.threshold)
        let misheard = person(["name": "张健国", "birthDate": "1990-10-05", "sex": "1"])
        #expect(Similarity.compare(one, misheard).score >= Similarity.threshold)
        let stranger = person(["name": "王小明", "birthDate": "1990-10-05", "sex": "1"])
        #expect(Similarity.compare(one, stranger).score == 0)
        #expect(Similarity.compare(one, one).reasons.contains(.sameID))
    }

    @Test("A large sample town has no two records of one identity, and is the same twice")
    func sampleTown() async throws {
        let town = try await Town()
        func make() -> [(category: Registry.Category, values: [FieldValues])] {
            var sample = SampleTown(
                areas: town.desk.areas, writer: town.desk.writer, book: town.room.book, total: 30_000, seed: 2026,
                now: town.now
            ) { _, _ in nil }
            return sample.records()
        }
        let first = make()
        var seen: Set<String> = []
        var twice = 0
        for (category, values) in first {
            twice += values.count { !seen.insert(town.desk.search.rowKey($0, category)).inserted }
        }
        #expect(twice == 0)
        #expect(first.count == 22)
        #expect(seen.count > 29_500)
        #expect(make().map(\.values) == first.map(\.values))
    }

    @Test("No count of people below five is told")
    func smallCells() {
        #expect(Shown.count(4, aboutPeople: true) == "<5")
        #expect(Shown.count(0, aboutPeople: true) == "0")
        #expect(Shown.count(5, aboutPeople: true) == "5")
        #expect(Shown.count(4, aboutPeople: false) == "4")
    }

    @Test("What nobody touched for as long as it may be kept is gone, with all about it", arguments: Engine.allCases)
    func retention(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.add("resident", Town.zhang)
        let night = NightWorker(desk: town.desk, imports: town.room.importer.folder)
        try await night.retire(at: town.now + 3_649 * CivilTime.dayMs)
        #expect(try await town.record(id) != nil)
        try await night.retire(at: town.now + 3_651 * CivilTime.dayMs)
        #expect(try await town.record(id) == nil)
        #expect(try await town.find("张建国").records.isEmpty)
        let tombs = try await town.database.read { db in
            try db.values(String.self, "SELECT category || ' ' || reason FROM registry_tombstone")
        }
        #expect(tombs == ["resident retention"])
    }

    @Test(
        "Who confirms a value that somebody has changed since is asked, and learns nothing of what is masked",
        arguments: Engine.allCases)
    func confirmedTooLate(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.add("resident", Town.zhang)
        guard case .saved(2) = try await change(town, id, base: 1, ["phone": "19900002222"]) else {
            Issue.record("the first change was not saved")
            return
        }
        let outcome = try await change(
            town, id, base: 1, [:], by: "网格员", source: .visit, verified: ["phone", "living", "idNumber"])
        guard case .conflict(let conflicts, 2, let untouched) = outcome else {
            Issue.record("no conflict: \(outcome)")
            return
        }
        #expect(conflicts.map { [$0.field, $0.mine, $0.theirs] } == [["phone", "19900001234", "19900002222"]])
        #expect(untouched == [])
        let record = try #require(try await town.record(id))
        #expect(record.facts["living"].verifiedAt == 0)
    }

    @Test("What the second one sent as it had been is named, so that a form never brings back old values")
    func untouched() async throws {
        let town = try await Town()
        let id = try await town.add("resident", Town.zhang)
        guard case .saved(2) = try await change(town, id, base: 1, ["phone": "19900002222", "living": "away"]) else {
            Issue.record("the first change was not saved")
            return
        }
        let outcome = try await change(
            town, id, base: 1, ["phone": "19900003333", "living": "here", "sex": "1"], by: "乙")
        guard case .conflict(let conflicts, 2, let untouched) = outcome else {
            Issue.record("no conflict: \(outcome)")
            return
        }
        #expect(conflicts.map(\.field) == ["phone"])
        #expect(untouched == ["living", "sex"])
    }
}
