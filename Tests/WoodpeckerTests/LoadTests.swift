import Foundation
import HTTPTypes
import Kernel
import Pictures
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("A bad day at the citizens' door")
struct LoadTests {
    private func json(_ value: Any) throws -> [UInt8] {
        Array(try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed))
    }

    @Test(
        "A whole day's reports at once are all stored, each once, each under a receipt of its own",
        arguments: Engine.allCases)
    func dayAtOnce(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let stranger = try Stranger(nest)
        let body = try json(["category": "water", "words": "停水了", "answers": ["flow": ["burst"]]] as [String: Any])
        let answers = await withTaskGroup(of: Answer.self) { group in
            for _ in 0..<160 {
                group.addTask { await stranger.ask(.post, "/api/v1/reports", body: body, type: "application/json") }
            }
            return await group.reduce(into: [Answer]()) { $0.append($1) }
        }
        // Who finds the queue full is told so and comes again; nobody is told yes for nothing.
        let taken = answers.filter { $0.status == 201 }
        #expect(answers.allSatisfy { $0.status == 201 || $0.status == 503 })
        let receipts = try taken.map { answer in
            try #require(
                try (JSONSerialization.jsonObject(with: Data(answer.bodyBytes)) as? [String: Any])?["receipt"]
                    as? String)
        }
        #expect(Set(receipts).count == taken.count)
        let count = try await nest.database.read { db in try db.value(Int64.self, "SELECT COUNT(*) FROM report") }
        #expect(count == Int64(taken.count) && !taken.isEmpty)
    }

    @Test("A picture that is a page as well is only a picture afterwards")
    func polyglot() async throws {
        let picture = try await Pictures.reencode(
            Noise.png(width: 64, height: 48) { x, y in UInt8((x * 5 + y * 3) & 255) }
        )
        .bytes
        let page = Array("<html><script>CANARY()</script></html>PK\u{3}\u{4}CANARY-ZIP".utf8)
        // Behind the end of the picture, and in a comment before its data.
        let comment: [UInt8] = [0xff, 0xfe, UInt8((page.count + 2) >> 8), UInt8((page.count + 2) & 255)] + page
        for both in [picture + page, Array(picture.prefix(2)) + comment + Array(picture.dropFirst(2))] {
            let kept = try await ReportForm.remade(both)
            #expect(Array(kept.prefix(2)) == [0xff, 0xd8] && Array(kept.suffix(2)) == [0xff, 0xd9])
            #expect(!String(decoding: kept, as: UTF8.self).contains("CANARY"))
        }
    }

    @Test("A real picture of 49 megapixels is made small, one of more than 50 is refused before it is decoded")
    func hugePictures() async throws {
        let small = try await Pictures.reencode(Noise.bitmap(side: 7_000))
        #expect(max(small.width, small.height) == 1_920)
        await #expect(throws: Pictures.Refusal.tooLarge) { _ = try await Pictures.reencode(Noise.bitmap(side: 7_080)) }
    }

    @Test("A page with all that it loads stays under 100 kB")
    func weight() async throws {
        let nest = try await Nest()
        let stranger = try Stranger(nest)
        let files = try StaticFiles(bundles: [WebResources.bundle, WoodpeckerRoom.resources], vendor: nil)
        for path in ["/report", "/receipt", "/report/safety", "/lessons", "/fixed"] {
            let page = await stranger.ask(.get, path).text
            var bytes = page.utf8.count
            for match in page.matches(of: /(?:src|href)="\/static\/([a-z0-9.\/-]+)/) {
                let asked = Incoming(
                    method: .get, path: "/static/\(match.1)", parameters: [:], query: Form("".utf8), headers: [:],
                    authority: nil)
                bytes += try #require(files.answer(asked), "\(path) asks for \(match.1)").bodyBytes.count
            }
            #expect(bytes < 100_000, "\(path): \(bytes)")
        }
    }

    @Test("fuzz: whatever stands in the fields of a report or of a receipt is an answer below 500")
    func schema() async throws {
        let nest = try await Nest()
        let stranger = try Stranger(nest)
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap(Double.init) ?? 0.5
        let end = ContinuousClock.now + .seconds(seconds)
        let values: [Any] = [
            NSNull(), true, -1, 1e308, 0.1 as Double, "", "\u{0}", "water", String(repeating: "长", count: 5_000),
            [Any](), [1],
            [String: Any](),
            ["lat": 91, "lon": 0], ["lat": "x"], ["flow": ["burst"]], ["flow": [NSNull()]], "named", "0000000000001",
        ]
        let fields = [
            "category", "words", "place", "areaId", "location", "level", "name", "phone", "answers", "joins",
            "mayPublish",
            "receipt", "puzzle", "answer",
        ]
        while ContinuousClock.now < end {
            var object: [String: Any] = ["category": "water", "words": "x", "receipt": "1"]
            for _ in 0..<Int.random(in: 1...4) { object[fields.randomElement() ?? ""] = values.randomElement() }
            let body = Bool.random() ? try json(object) : try json(values.randomElement() ?? 1)
            for path in ["/api/v1/reports", "/api/v1/reports/status"] {
                let answer = await stranger.ask(.post, path, body: body, type: "application/json")
                #expect(answer.status < 500 || answer.status == 503, "\(path) \(String(decoding: body, as: UTF8.self))")
            }
        }
    }
}
