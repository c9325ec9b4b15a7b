import Foundation
import Kernel
import Testing
import Web

@testable import Registry

@Suite("What is written and read without a general encoder")
struct WrittenFormTests {
    private static let names = ["", "办事员", "a\"b\\c", "line\nbreak\t\u{1}", "😀𠮷", "/x/"]

    private func fact(_ number: Int) -> Fact {
        var fact = Fact(
            source: Source.allCases[number % Source.allCases.count], seenAt: Instant(ms: Int64(number) * 1_000),
            seenBy: Self.names[number % Self.names.count])
        fact.verifiedBy = Self.names[(number + 1) % Self.names.count]
        fact.verifiedAt = number % 2 == 0 ? 0 : Int64(number)
        fact.isDisputed = number % 3 == 0
        return fact
    }

    @Test("Facts are read as they were written, and as a general encoder writes them")
    func facts() throws {
        for number in 0..<40 {
            var facts = Facts(fact(number))
            for field in ["name", "phone", "birthDate"].prefix(number % 4) { facts[field] = fact(number + 7) }
            #expect(Facts(json: facts.json) == facts)
            var all = facts.own
            all["*"] = facts.common
            #expect(Facts(json: try StoredJSON.text(all)) == facts)
        }
    }

    @Test("Facts that are cut off, changed or longer than they should be count as nobody's, and never stop the program")
    func damagedFacts() {
        let nobody = Facts(Fact(source: .import, seenAt: Instant(ms: 0), seenBy: ""))
        var facts = Facts(fact(3))
        facts["name"] = fact(5)
        let whole = Array(facts.json.utf8)
        for length in 0..<whole.count {
            #expect(Facts(json: String(decoding: whole[..<length], as: UTF8.self)) == nobody)
        }
        #expect(Facts(json: facts.json + "x") == nobody)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = Facts(json: String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("A list is the JSON that a general encoder writes")
    func lists() throws {
        let category = try #require(try CategoryStore.shipped().first { $0.key == "hydrant" })
        let areas = TownAreas([]) { _ in nil }
        let viewer = Viewer(roles: [.brigade])
        var views: [RecordView] = []
        for number in 0..<12 {
            var values: [String: String] = [:]
            for (index, field) in category.fields.enumerated() {
                values[field.key] = Self.names[(number + index) % Self.names.count]
            }
            let record = Record(
                category: category.key, area: number % 2 == 0 ? nil : AreaID(rawValue: 99), village: nil,
                point: GeoPoint(lat: 33.123456789 + Double(number), lon: 1e-7), values: FieldValues(values),
                facts: Facts(fact(number)), dueAt: Instant(ms: 1), at: Instant(ms: 1_764_000_000_123))
            let judged = try #require(Policy.judge(record, in: category, for: viewer, today: 20_000))
            views.append(RecordView(judged, areas))
        }
        struct List: Codable {
            var items: [RecordView]
            var next: String?
        }
        for next in [nil, "/api/v1/records?after=0.x.\"y\""] {
            let own = RecordView.list(views, next: next)
            let general = try JSON.encode(List(items: views, next: next))
            let read = (
                try JSONSerialization.jsonObject(with: Data(own)) as? NSDictionary,
                try JSONSerialization.jsonObject(with: Data(general)) as? NSDictionary
            )
            #expect(read.0 != nil && read.0 == read.1)
        }
        #expect(String(decoding: RecordView.list([], next: nil), as: UTF8.self) == "{\"items\":[]}")
    }

    @Test("The short way of comparing texts agrees with the long one")
    func folding() {
        let pieces = [
            "张", "國", "建", "A", "z", "9", " ", "，", "（", "Ｂ", "é", "e\u{301}", "ü", "𠮷", "〇", "-", "\r\n", "·", "😀",
            "\u{FE00}",
            "䷀", "臺", "ß", "한",
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            #expect(SearchText.fold(text) == SearchText.fullFold(text), "\(text.unicodeScalars.map(\.value))")
        }
    }
}
