import Kernel
import Storage
import Testing

@testable import Registry

@Suite("Probable duplicates")
struct SimilarityTests {
    private func person(_ name: String, birth: String = "1980-02-03", address: String = "东村一社1号") throws
        -> Similarity.Person
    {
        let category = try #require(try CategoryStore.shipped().first { $0.key == "resident" })
        return Similarity.Person(FieldValues(["name": name, "birthDate": birth, "address": address]), category)
    }

    @Test(
        "Names that sound or look alike, or differ in one character, are told apart by why",
        arguments: [
            ("张建国", "张健国", Similarity.Reason.sameSound), ("李未明", "李末明", .nearGlyph), ("王戊生", "王戌生", .nearGlyph),
            ("陈晴", "陈睛", .nearGlyph), ("周国强", "周国刚", .oneCharacter), ("欧阳兰", "欧阳蓝", .sameSound),
        ])
    func reasons(_ left: String, _ right: String, _ reason: Similarity.Reason) throws {
        let (_, reasons) = Similarity.compare(try person(left), try person(right))
        #expect(reasons.first == reason)
    }

    @Test("Looking alike and born on the same day is enough to ask; differing in any one character is not")
    func weights() throws {
        let other = "西村二社9号"
        #expect(
            Similarity.compare(try person("李未明"), try person("李末明", address: other)).score >= Similarity.threshold)
        #expect(
            Similarity.compare(try person("周国强"), try person("周国刚", address: other)).score < Similarity.threshold)
        #expect(Similarity.compare(try person("周国强"), try person("赵大海")).score == 0)
    }

    @Test("Two who look alike at one address are compared even when a birth date was typed wrong")
    func blocks() throws {
        let (left, right) = (try person("李未明"), try person("李末明", birth: "1980-03-02"))
        #expect(!Set(left.blocks).isDisjoint(with: right.blocks))
        #expect(NearGlyphs.areAlike("未", "末") && !NearGlyphs.areAlike("未", "海") && !NearGlyphs.areAlike("未", "未"))
    }

    @Test("\u{201C}Different people\u{201D} is remembered", arguments: Engine.allCases)
    func remembered(_ engine: Engine) async throws {
        let town = try await Town(engine)
        var twin = Town.zhang
        (twin["name"], twin["idNumber"]) = ("张健国", nil)
        try await town.add("resident", Town.zhang)
        try await town.add("resident", twin)
        let search = Duplicates(desk: town.desk)
        #expect(try await search.search(at: town.now) == 1)
        _ = try await town.database.write { db in
            try db.execute("UPDATE registry_pair SET state = 'different'")
        }
        #expect(try await search.search(at: town.now + 1) == 0)
        let states = try await town.database.read { db in try db.values(String.self, "SELECT state FROM registry_pair")
        }
        #expect(states == ["different"])
    }
}
