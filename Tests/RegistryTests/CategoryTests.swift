import Kernel
import Storage
import Testing
import Web

@testable import Registry

@Suite("Categories are data")
struct CategoryTests {
    private func findings(_ town: Town, _ new: Registry.Category) async throws -> [CategoryChange.Finding] {
        let change = CategoryChange(new: new, old: try town.category(new.key))
        let today = town.now.dayNumber
        return try await town.database.read { db in try change.findings(today: today, in: db).findings }
    }

    private func save(_ town: Town, _ new: Registry.Category, base: Int64) async throws {
        let (change, now) = (CategoryChange(new: new, old: try town.category(new.key)), town.now)
        let rows = try await town.database.write { db in
            try change.save(base: base, by: "管理员", reason: "试", at: now, in: db)
            return try CategoryStore.current(in: db)
        }
        town.room.book.replace(rows)
        let worker = Rederiving(desk: town.desk)
        while try await worker.step(at: now) {}
    }

    @Test("A change is tried on the records: what they hold, lack, break, and whether they stay apart")
    func clashes() async throws {
        let town = try await Town()
        try await town.add("resident", Town.zhang)
        var twin = Town.zhang
        (twin["idNumber"], twin["name"], twin["deceased"]) = (nil, "张建邦", "2024-01-02")
        try await town.add("resident", twin)
        var new = try town.category("resident")
        let living = try #require(new.fields.firstIndex { $0.key == "living" })
        new.fields[living].codes?.removeAll { $0.key == "here" }
        new.fields.removeAll { $0.key == "household" }
        let number = try #require(new.fields.firstIndex { $0.key == "idNumber" })
        new.fields[number].required = true
        new.identity = [["birthDate", "sex"]]
        new.rules = [.init(rule: .ageBelow, fields: ["birthDate"], value: 10, when: nil, weight: .refuse)]
        let found = try await findings(town, new)
        #expect(
            found == [
                .init(place: "household", clash: .gone, count: 2), .init(place: "idNumber", clash: .missing, count: 1),
                .init(place: "identity", clash: .same, count: 1), .init(place: "living", clash: .value, count: 2),
                .init(place: "rules", clash: .rule, count: 2),
            ])
        #expect(found.filter(\.clash.isRefused).map(\.place) == ["household", "identity", "living"])
        #expect(try await findings(town, try town.category("resident")) == [])
    }

    @Test("A change says by name what it changes")
    func differences() async throws {
        let town = try await Town()
        let old = try town.category("hydrant")
        var new = old
        new.verifyDays += 1
        new.fields[0].see.plain = [.officer]
        new.fields.removeLast()
        new.fields.append(
            Field(key: "colour", name: Words(zh: "颜色", en: "Colour"), type: .text, guard: .open, see: old.fields[0].see)
        )
        let told = try CategoryChange(new: new, old: old).differences()
        #expect(told.map(\.kind) == [.changed, .changed, .added, .removed])
        #expect(told.map(\.properties) == [["verifyDays"], ["see"], [], []])
        #expect(CategoryChange(new: new, old: old).derives)
        var renamed = old
        renamed.name.zh = "消防水源"
        renamed.fields[0].see.masked = [.leader]
        #expect(!CategoryChange(new: renamed, old: old).derives)
    }

    @Test("What is derived of records follows the declaration, and comes back with it", arguments: Engine.allCases)
    func derived(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.add("resident", Town.zhang)
        let old = try town.category("resident")
        #expect(try await town.find("19900001234").records.map(\.id) == [id])
        let due = try await town.record(id)?.dueAt
        var new = old
        let phone = try #require(new.fields.firstIndex { $0.key == "phone" })
        new.fields[phone].search = nil
        new.verifyDays = 10
        new.rules.append(.init(rule: .ageBelow, fields: ["birthDate"], value: 10, when: nil, weight: .doubt))
        try await save(town, new, base: 1)
        let after = try #require(try await town.record(id))
        #expect(after.dueAt == town.now + 10 * CivilTime.dayMs)
        #expect(after.doubts == 1)
        let words = try await town.database.read { db in
            try db.value(String.self, "SELECT tokens FROM registry_token WHERE record = \(id)") ?? ""
        }
        #expect(!words.contains(town.desk.search.identifier("19900001234", in: "resident")))
        #expect(try await town.find("19900001234").records.isEmpty)
        try await save(town, old, base: 2)
        let back = try #require(try await town.record(id))
        #expect(back.dueAt == due)
        #expect(back.doubts == 0)
        #expect(try await town.find("19900001234").records.map(\.id) == [id])
        let versions = try await town.database.read { db in try CategoryStore.versions(of: "resident", in: db) }
        #expect(versions.map(\.version) == [3, 2, 1])
        #expect(versions[0].category == versions[2].category)
    }

    @Test("Of two administrators the slower one is told", arguments: Engine.allCases)
    func twoAdministrators(_ engine: Engine) async throws {
        let town = try await Town(engine)
        var new = try town.category("hydrant")
        new.verifyDays = 20
        try await save(town, new, base: 1)
        new.verifyDays = 30
        await #expect(throws: Problem.conflict("registry.category-changed")) { try await save(town, new, base: 1) }
        #expect(town.room.book["hydrant"]?.verifyDays == 20)
    }

    @Test("A rule speaks of fields of its own kinds, a code is letters and digits")
    func shapes() throws {
        let shipped = try CategoryStore.shipped()
        var resident = try #require(shipped.first { $0.key == "resident" })
        resident.rules = [
            .init(rule: .birthMatchesID, fields: ["birthDate", "phone"], value: nil, when: nil, weight: .doubt)
        ]
        #expect(DeclarationCheck.flaws(resident) == ["rules": "rule"])
        resident.rules = [.init(rule: .ageAtLeast, fields: ["birthDate"], value: nil, when: nil, weight: .doubt)]
        #expect(DeclarationCheck.flaws(resident) == ["rules": "rule"])
        var hydrant = try #require(shipped.first { $0.key == "hydrant" })
        let coded = try #require(hydrant.fields.firstIndex { $0.type == .code })
        hydrant.fields[coded].codes?[0].key = "好 坏"
        #expect(DeclarationCheck.flaws(hydrant) == ["fields." + hydrant.fields[coded].key: "code"])
    }

    @Test("A new category begins with what can be saved once it has a name, a purpose and an owner")
    func blank() throws {
        var new = CategoryAdmin.blank(like: nil)
        #expect(Set(DeclarationCheck.flaws(new).keys) == ["key", "name", "purpose", "basis", "owner"])
        new.key = "well"
        new.name = Words(zh: "水井", en: "Wells")
        new.purpose = Words(zh: "取水与防溺", en: "")
        new.basis = Words(zh: "镇政府职责", en: "")
        new.owner = Words(zh: "水利站", en: "")
        #expect(DeclarationCheck.flaws(new) == [:])
    }

    @Test("An empty category goes at once, stays away, and comes back as it was", arguments: Engine.allCases)
    func removal(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let (hydrant, hand, now) = (try town.category("hydrant"), town.hand(), town.now)
        let outcome = try await town.database.write { db in
            try CategoryRemoval.remove(hydrant, reason: "不再登记", by: hand, in: db)
        }
        #expect(outcome == .removed)
        let worker = CategoryRemoval(desk: town.desk)
        while try await worker.step(at: now) {}
        try await town.desk.readBook()
        #expect(town.room.book["hydrant"] == nil)
        // The program ships it, and still a new start does not bring it back.
        let again = try await town.reopened()
        #expect(again.book["hydrant"] == nil)
        #expect(again.book.all.count == 21)
        let version = try await town.database.write { db in
            try CategoryRemoval.restore("hydrant", by: "管理员", reason: "恢复", at: now, in: db)
        }
        try await town.desk.readBook()
        #expect(version == 2)
        #expect(town.room.book["hydrant"] == hydrant)
        await #expect(throws: Problem.self) {
            try await town.database.write { db in
                try CategoryRemoval.restore("hydrant", by: "管理员", reason: "恢复", at: now, in: db)
            }
        }
    }

    @Test(
        "A category with records is proposed once, and what is agreed takes every record with it",
        arguments: Engine.allCases)
    func removalWithRecords(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let (resident, hand, now) = (try town.category("resident"), town.hand(), town.now)
        for number in 0..<130 {
            var values = Town.zhang
            (values["idNumber"], values["household"]) = ("", "H\(number)")
            try await town.add("resident", values)
        }
        let kept = try await town.add("hydrant", ["number": "XF-1", "kind": "pond", "place": "30.5,111.5"])
        let outcome = try await town.database.write { db in
            try CategoryRemoval.remove(resident, reason: "不再登记", by: hand, in: db)
        }
        #expect(outcome == .proposed(records: 130))
        #expect(try await town.find("张建国", limit: 500).records.count == 130)
        let proposed = try await town.database.read { db in
            (try ProposalStore.removals(of: "resident", in: db).count, try ProposalStore.open(in: db).count)
        }
        #expect(proposed == (1, 0))
        await #expect(throws: Problem.self) {
            try await town.database.write { db in
                _ = try CategoryRemoval.remove(resident, reason: "再次", by: hand, in: db)
            }
        }
        try await town.database.write { db in try CategoryRemoval.carryOut("resident", in: db) }
        try await town.desk.readBook()
        #expect(try await town.find("张建国").records.isEmpty, "it is gone before its records are")
        let worker = CategoryRemoval(desk: town.desk)
        #expect(try await worker.step(at: now))
        await #expect(throws: Problem.self, "not back while records go") {
            try await town.database.write { db in
                try CategoryRemoval.restore("resident", by: "管理员", reason: "恢复", at: now, in: db)
            }
        }
        while try await worker.step(at: now) {}
        let left = try await town.database.read { db in
            (
                try db.value(Int64.self, "SELECT COUNT(*) FROM registry_record") ?? -1,
                try db.value(Int64.self, "SELECT COUNT(*) FROM registry_token") ?? -1,
                try db.value(Int64.self, "SELECT COUNT(*) FROM registry_tombstone WHERE reason = 'category'") ?? -1
            )
        }
        #expect(left == (1, 1, 130))
        #expect(try await town.record(kept) != nil)
        _ = try await town.database.write { db in
            try CategoryRemoval.restore("resident", by: "管理员", reason: "恢复", at: now, in: db)
        }
        try await town.desk.readBook()
        #expect(town.room.book["resident"] == resident)
    }

    @Test("A category into which a table is being brought stays")
    func removalWhileImporting() async throws {
        let town = try await Town()
        let (hydrant, hand) = (try town.category("hydrant"), town.hand())
        _ = try await town.database.write { db in
            try db.execute(
                """
                INSERT INTO registry_import (id, category, file_name, sha256, plan, state, total, done, added, changed,
                  same, refused, by_name, at)
                VALUES (1, 'hydrant', 'x', '', '{}', 'running', 0, 0, 0, 0, 0, 0, '', 0)
                """)
        }
        await #expect(throws: Problem.self) {
            try await town.database.write { db in
                _ = try CategoryRemoval.remove(hydrant, reason: "不再登记", by: hand, in: db)
            }
        }
    }
}
