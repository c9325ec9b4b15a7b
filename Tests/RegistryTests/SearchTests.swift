import Kernel
import Places
import Storage
import Testing
import Web

@testable import Registry

@Suite("The one search box")
struct SearchTests {
    @Test(
        "finds by two characters of a name, letters, initials, address, whole identifiers and last fours",
        arguments: Engine.allCases)
    func ways(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.add("resident", Town.zhang)
        var other = Town.zhang
        other.merge([
            "name": "吕小红", "idNumber": "", "phone": "19900009999", "address": "西村3号", "birthDate": "1980-01-01",
        ]) { $1 }
        try await town.add("resident", other)
        for text in [
            "建国", "张建国", "张", "國", "zhangjianguo", "zhangj", "zjg", "ZJG", "一社12", "412723199010050012", "19900001234",
            "1234", "0012",
        ] {
            let found = try await town.find(text, in: ["resident"]).records.map(\.id)
            #expect(found == [id], "\(text)")
        }
        #expect(try await town.find("lvxh").records.count == 1)
        #expect(try await town.find("luxiaohong").records.count == 1)
        for text in ["国建", "张三", "990001", "2723", "%", "\"", "", "a OR b", "建 国 张"] {
            #expect(try await town.find(text).records.isEmpty, "\(text)")
        }
    }

    @Test("A hidden field, a masked address and a child's masked address find nothing", arguments: Engine.allCases)
    func noSideDoor(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.add("resident", Town.zhang)
        var child = Town.zhang
        child.merge(["name": "张小宝", "birthDate": "2018-03-04", "idNumber": "", "phone": "", "address": "东村一社99号"]) {
            $1
        }
        try await town.add("resident", child)
        #expect(try await town.find("一社99", as: [.clerk]).records.isEmpty, "a child's address is masked for all")
        #expect(try await town.find("张小", as: [.clerk]).records.first?.label == "张**")
        #expect(try await town.find("一社12", as: [.clerk]).records.count == 1)
        #expect(try await town.find("一社12", as: [.officer]).records.isEmpty)
        #expect(try await town.find("张建国", as: [.officer]).records.first?.label == "张**")
        // An administrator has no sight of identifiers at all.
        #expect(try await town.find("412723199010050012", as: [.officer]).records.count == 1)
        #expect(try await town.find("412723199010050012", as: [.admin]).records.isEmpty)
        #expect(try await town.find("张建国", as: [.brigade]).records.isEmpty)
        #expect(try await town.find("张建国", as: [.clerk], areas: [town.west.id]).records.isEmpty)
        #expect(try await town.find("张建国", as: [.clerk], areas: [town.east.id]).records.count == 1)
    }

    @Test("Pages of a search follow each other without gap or repetition", arguments: Engine.allCases)
    func paging(_ engine: Engine) async throws {
        let town = try await Town(engine)
        var expected: Set<RecordID> = []
        for number in 0..<25 {
            var values = Town.zhang
            values["idNumber"] = ""
            values["household"] = "H\(number)"
            // Some are found by the name, some by the address alone, some by both.
            values["name"] = number % 3 == 0 ? "东村生" : "李四"
            values["address"] = number % 2 == 0 ? "东村一社\(number)号" : "西边\(number)号"
            let id = try await town.add("resident", values)
            if number % 3 == 0 || number % 2 == 0 { expected.insert(id) }
        }
        var found: [RecordID] = []
        var after: RecordQuery.Cursor?
        for _ in 0..<30 {
            let page = try await town.find("东村", in: ["resident"], limit: 3, after: after)
            found += page.records.map(\.id)
            guard let next = page.next else { break }
            after = RecordQuery.Cursor(next.text)
        }
        #expect(found.count == expected.count)
        #expect(Set(found) == expected)
    }

    @Test("A changed and a deleted record are found by what they are now", arguments: Engine.allCases)
    func change(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.add("resident", Town.zhang)
        let record = try #require(try await town.record(id))
        let (category, writer, hand) = (try town.category("resident"), town.desk.writer, town.hand())
        try await town.database.write { db in
            var values = record.values
            values["name"] = "张健国"
            try writer.update(record, to: values, facts: record.facts, category, by: hand, in: db)
        }
        #expect(try await town.find("建国").records.isEmpty)
        #expect(try await town.find("健国").records.count == 1)
        let changed = try #require(try await town.record(id))
        #expect(changed.version == 2)
        try await town.database.write { db in
            try writer.delete(changed, reason: "迁出", at: hand.at, in: db)
        }
        #expect(try await town.find("健国").records.isEmpty)
        let left = try await town.database.read { db in
            try ["registry_change", "registry_token", "registry_doubt", "registry_record"].map {
                try db.value(Int64.self, SQL(raw: "SELECT COUNT(*) FROM \($0)")) ?? -1
            }
        }
        #expect(left == [0, 0, 0, 0])
    }
}
