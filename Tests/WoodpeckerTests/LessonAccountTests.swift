import HTTPTypes
import Kernel
import Simulator
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("Lessons by the official account")
struct LessonAccountTests {
    private static let png = Noise.png(width: 32, height: 32) { UInt8(truncatingIfNeeded: $0 &* 7 ^ $1 &* 13) }
    private static let remind = "/cgi-bin/message/template/subscribe"
    private static let mass = "/cgi-bin/message/mass/sendall"

    /// A lesson that is public since a moment.
    private func publish(
        _ town: AccountTown, _ title: String, body: String = "看好孩子", topic: Lesson.Topic = .water, months: [Int] = [],
        hasPicture: Bool = true, at now: Instant = .now
    ) async throws -> LessonID {
        var lesson = Lesson(
            topic: topic, title: title, summary: "结伴也不行", body: body, months: months, categories: [], quiz: [],
            author: nil, authorName: "示例", at: now)
        (lesson.state, lesson.publishedAt) = (.published, now)
        let kept = lesson
        try await town.nest.database.write { db in
            try LessonStore.save(kept, in: db)
            guard hasPicture else { return }
            try LessonPictureStore.add(
                LessonPicture(lesson: kept.id, words: "图", width: 32, height: 32), Self.png, in: db)
        }
        return lesson.id
    }

    private func setTemplate(_ town: AccountTown) async throws {
        try await town.nest.database.write { db in
            try AccountStore.set("templates", try JSON.text(Account.Templates(remind: "R1")), in: db)
        }
    }

    private func agree(_ town: AccountTown, _ id: LessonID, mark: String? = nil, action: String = "confirm")
        async throws
        -> Answer
    {
        let mark = mark ?? town.nest.room.remindMark(id, .now)
        return await (try Stranger(town.nest)).ask(
            .get,
            "/lessons/\(id)/remind?openid=oCANARY-FOLLOWER&template_id=R1&action=\(action)&scene=0&reserved=\(mark)")
    }

    private func clock(_ town: AccountTown, at now: Instant) async throws {
        try await LessonClock(database: town.nest.database, logger: town.nest.room.logger).step(at: now)
    }

    private func consents(_ town: AccountTown) async throws -> Int64? {
        try await town.nest.database.read { db in try db.value(Int64.self, "SELECT COUNT(*) FROM account_consent") }
    }

    @Test(
        "Who agreed is reminded once, of the topic's next lesson, and then forgotten", arguments: Engine.allCases)
    func reminders(_ engine: Engine) async throws {
        let town = try await AccountTown(engine)
        let first = try await publish(town, "不去野外水域")
        let stranger = try Stranger(town.nest)
        #expect(!(await stranger.ask(.get, "/lessons/\(first)").text.contains("subscribemsg")))
        try await setTemplate(town)
        #expect(await stranger.ask(.get, "/lessons/\(first)").text.contains("mp.weixin.qq.com/mp/subscribemsg"))
        // Neither a way that did not begin here, nor a refusal, nor a lesson's mark at another is taken.
        _ = try await agree(town, first, mark: String(repeating: "0", count: 24))
        _ = try await agree(town, first, action: "cancel")
        let other = try await publish(town, "过马路", topic: .traffic)
        _ = try await agree(town, other, mark: town.nest.room.remindMark(first, .now))
        #expect(try await consents(town) == 0)
        for _ in 0..<3 { #expect(try await agree(town, first).header("Location")?.contains("reminds=1") == true) }
        #expect(try await consents(town) == 1)
        // What was there already reminds of nothing; another topic's lesson neither.
        let later = .now + 2 * 3_600_000
        try await clock(town, at: later)
        _ = try await publish(town, "电动车不进楼", topic: .fire, at: later)
        try await clock(town, at: later)
        #expect(try await town.states().isEmpty)
        let second = try await publish(town, "河边有警示牌", at: later)
        for _ in 0..<3 { try await clock(town, at: later) }
        try await town.step(at: later)
        try await clock(town, at: later)
        try await town.step(at: later)
        #expect(town.fake.taken.map(\.path) == [Self.remind])
        let body = try #require(town.fake.taken.first?.body)
        for words in ["oCANARY-FOLLOWER", "R1", "河边有警示牌", second.description] { #expect(body.contains(words)) }
        #expect(try await consents(town) == 0)
        try await town.end()
    }

    @Test("A season that begins reminds, and who unfollows meanwhile is not reminded", arguments: Engine.allCases)
    func seasons(_ engine: Engine) async throws {
        let town = try await AccountTown(engine)
        let month = CivilTime(.now).month % 12 + 1
        let lesson = try await publish(town, "防汛", months: [month])
        try await setTemplate(town)
        _ = try await agree(town, lesson)
        let start = try #require(Season.next([month], after: .now))
        try await clock(town, at: start - 60_000)
        #expect(try await town.states().isEmpty)
        try await clock(town, at: start + 60_000)
        #expect(try await town.states() == [.waiting])
        try await town.push("<MsgType>event</MsgType><Event>unsubscribe</Event><EventKey></EventKey>", id: 41)
        try await town.step(at: start + 120_000)
        #expect(town.fake.taken.isEmpty)
        #expect(try await consents(town) == 0)
        try await town.end()
    }

    @Test(
        "A lesson becomes an article with its cover, its words escaped, and each step once", arguments: Engine.allCases)
    func article(_ engine: Engine) async throws {
        let town = try await AccountTown(engine)
        let leader = try Stranger(town.nest, as: town.nest.person("leader"))
        let bare = try await publish(town, "没有图", hasPicture: false)
        func push(_ id: LessonID, _ how: String) async -> Answer {
            await leader.ask(
                .post, "/api/v1/lessons/\(id)/push", body: Array("{\"how\":\"\(how)\"}".utf8),
                type: "application/json")
        }
        #expect(await push(bare, "article").text.contains("woodpecker.no-cover"))
        let lesson = try await publish(town, "不去野外水域", body: "<script>alert(1)</script>\n第二点")
        let clerk = try Stranger(town.nest, as: town.nest.person("clerk"))
        #expect(await clerk.ask(.post, "/api/v1/lessons/\(lesson)/push").status == 403)
        #expect(await push(lesson, "everybody").status == 422)
        #expect(await push(lesson, "article").status == 204)
        #expect(await push(lesson, "article").text.contains("woodpecker.pushed"))
        // The platform says nothing to the first call: it is made again.
        town.fake.set(.hangsUp)
        try await town.step()
        town.fake.set(.takes)
        try await town.step(at: .now + 60_000)
        #expect(
            town.fake.taken.map(\.path) == [
                "/cgi-bin/material/add_material", "/cgi-bin/material/add_material", "/cgi-bin/draft/add",
                "/cgi-bin/freepublish/submit",
            ])
        let draft = try #require(town.fake.taken.dropFirst(2).first?.body)
        #expect(draft.contains("&lt;script&gt;") && !draft.contains("<script>") && draft.contains("第二点"))
        #expect(draft.contains("picture-2"))
        #expect(try await town.states() == [.done])
        #expect(await leader.ask(.get, "/lesson-desk/\(lesson)").text.contains("woodpecker.push.article") == false)
        try await town.end()
    }

    @Test(
        "A mass message goes out once though nobody answered, within the month's quota, and not of what was taken back",
        arguments: Engine.allCases)
    func massMessage(_ engine: Engine) async throws {
        let town = try await AccountTown(engine)
        let leader = try Stranger(town.nest, as: town.nest.person("leader"))
        func push(_ id: LessonID) async -> Answer {
            await leader.ask(
                .post, "/api/v1/lessons/\(id)/push", body: Array("{\"how\":\"mass\"}".utf8), type: "application/json")
        }
        let lesson = try await publish(town, "不去野外水域")
        #expect(await push(lesson).status == 204)
        try await town.nest.database.write { db in
            let task = try #require(try AccountStore.due(at: .now, limit: 1, in: db).first)
            let text = try JSON.text(LessonArticles.Progress(cover: "c", draft: "d"))
            try db.execute("UPDATE account_out SET step = \(text) WHERE id = \(task.id)")
        }
        town.fake.set(.hangsUp)
        try await town.step()
        town.fake.set(.takes)
        try await town.step(at: .now + 60_000)
        #expect(town.fake.asked(Self.mass) == 2)
        #expect(town.fake.taken.map(\.path) == [Self.mass], "the platform knows the number and sends once")
        #expect(try await town.states() == [.done])
        let back = try await publish(town, "要撤回的")
        #expect(await push(back).status == 204)
        _ = await leader.ask(
            .post, "/api/v1/lessons/\(back)/moves", body: Array("{\"move\":\"withdraw\"}".utf8),
            type: "application/json")
        try await town.step()
        #expect(town.fake.taken.count == 1)
        for number in 0..<3 { #expect(await push(try await publish(town, "第\(number)课")).status == 204) }
        #expect(await push(try await publish(town, "第五课")).text.contains("woodpecker.mass-quota"))
        try await town.end()
    }
}
