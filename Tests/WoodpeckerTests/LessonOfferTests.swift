import Cases
import Foundation
import HTTPTypes
import Identity
import Kernel
import Notify
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("Lessons where an incident makes them timely")
struct LessonOfferTests {
    private static let readers = [
        LessonOffers.Reader(name: "贺某", phone: "19900001111", role: "owner"),
        LessonOffers.Reader(name: "邵某", phone: "19900002222", role: "key-holder"),
    ]

    private struct Scene {
        let nest: Nest
        let offers: LessonOffers
        let officer: Stranger

        init(_ engine: Engine) async throws {
            let readers = LessonOfferTests.readers
            nest = try await Nest(engine) { cases in
                LessonOffers(cases: cases) { subject, _ in subject == "sites/1" ? ("示例玩具厂", readers) : nil }
            }
            offers = nest.room.offers
            officer = try Stranger(nest, as: nest.person("officer"))
        }

        @discardableResult
        func lesson(
            _ title: String, _ topic: Lesson.Topic, months: [Int] = [], state: Lesson.State = .published
        ) async throws -> LessonID {
            var lesson = Lesson(
                topic: topic, title: title, summary: "一句话", body: "一点", months: months, categories: [], quiz: [],
                author: nil, authorName: "示例", at: .now)
            (lesson.state, lesson.publishedAt) = (state, state == .published ? .now : nil)
            let made = lesson
            try await nest.database.write { db in try LessonStore.save(made, in: db) }
            return lesson.id
        }

        func incident(
            _ kind: CaseKind, subject: String = "sites/1", verdict: Verdict? = .real, at: Instant = .now
        ) async throws -> CaseID {
            let cases = nest.cases
            return try await nest.database.write { db in
                let id = try cases.open(
                    NewCase(
                        kind: kind, severity: .serious, title: "CANARY-TITLE", placeText: "CANARY-PLACE",
                        subject: subject, signal: Signal(source: "test", key: "\(CaseID.next())"), at: at,
                        id: CaseID(rawValue: CaseID.earliest(at: at).rawValue + Int64.random(in: 0..<4_000_000))),
                    in: db)
                if let verdict { try cases.verified(id, verdict: verdict, by: .system("test"), at: at, in: db) }
                return id
            }
        }

        func send(_ lesson: LessonID, of id: CaseID, to: String = #"["owner","key-holder"]"#) async -> Answer {
            await officer.ask(
                .post, "/api/v1/cases/\(id)/lessons", body: Array(#"{"lessonId":"\#(lesson)","to":\#(to)}"#.utf8),
                type: "application/json")
        }
    }

    @Test(
        "A case offers the published lessons of its kind, those in season first, and none for a drill",
        arguments: Engine.allCases)
    func fitting(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let month = CivilTime(.now).month
        let always = try await scene.lesson("常备", .fire)
        let season = try await scene.lesson("当季", .fire, months: [month])
        let off = try await scene.lesson("过季", .fire, months: [month % 12 + 1])
        try await scene.lesson("草稿", .fire, state: .draft)
        try await scene.lesson("溺水", .water)
        let fire = try await scene.incident(.fire)
        let drill = try await scene.incident(.fire, verdict: .drill)
        let report = try await scene.incident(.report, verdict: nil)
        let caller = try scene.nest.person("officer")
        let offers = scene.offers
        try await scene.nest.database.read { db in
            let record = try #require(try offers.cases.record(fire, in: db))
            #expect(try offers.fitting(record, at: .now, in: db).map(\.id) == [season, always, off])
            let panels = try offers.panels(fire, caller, in: db) { $0 }
            #expect(panels.first?.facts.first?.value == "当季" && panels.first?.href == "/lesson-offers/\(fire)")
            #expect(try offers.panels(drill, caller, in: db) { $0 }.isEmpty)
            #expect(try offers.panels(report, caller, in: db) { $0 }.isEmpty)
        }
        let clerk = try scene.nest.person("clerk")
        let none = try await scene.nest.database.read { db in try offers.panels(fire, clerk, in: db) { $0 } }
        #expect(none.isEmpty)
        #expect(await scene.officer.ask(.get, "/lesson-offers/\(fire)").text.contains("当季"))
    }

    @Test(
        "The desk sends a lesson to owner and key-holders once each, by the kind that has templates, and the case says so",
        arguments: Engine.allCases)
    func sending(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let lesson = try await scene.lesson("充电", .fire)
        let fire = try await scene.incident(.fire)
        #expect(await scene.send(lesson, of: fire, to: #"["owner"]"#).text == #"{"told":1}"#)
        #expect(await scene.send(lesson, of: fire).text == #"{"told":1}"#)
        #expect(await scene.send(lesson, of: fire).status == 409)
        #expect(await scene.send(lesson, of: fire, to: "[]").status == 422)
        let cases = scene.nest.cases
        try await scene.nest.database.read { db in
            let messages = try Outbox().messages(of: fire, in: db)
            #expect(messages.map(\.to.phone) == ["19900001111", "19900002222"])
            #expect(messages.allSatisfy { $0.channel == .sms && $0.content?.kind == "lesson.offer" })
            #expect(messages.first?.content?.values["link"] == "https://town.example/lessons/\(lesson)")
            #expect(messages.first?.content?.values["site"] == "示例玩具厂")
            let notes = try cases.happened(in: Instant(ms: 0)..<(.now + 60_000), limit: 50, in: db)
                .filter { $0.entry.content.text == "woodpecker.offer.noted" }
            #expect(notes.count == 2 && notes.allSatisfy { $0.entry.actor.name == "officer" })
        }
        // Neither a draft, nor a lesson about something else, nor a case whose place nobody answers for.
        let draft = try await scene.lesson("草稿", .fire, state: .draft)
        #expect(await scene.send(draft, of: fire).status == 404)
        let other = try await scene.incident(.fire, subject: "cameras/1")
        #expect(await scene.send(lesson, of: other).status == 422)
        let clerk = try Stranger(scene.nest, as: scene.nest.person("clerk"))
        #expect(await clerk.ask(.get, "/lesson-offers/\(fire)").status == 403)
    }

    @Test(
        "An owner is offered lessons for two weeks after a case at the own place, and not for tests and drills",
        arguments: Engine.allCases)
    func owner(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        try await scene.lesson("充电", .fire)
        let offers = scene.offers
        func offered(_ subject: String, at now: Instant = .now) async throws -> [String] {
            try await scene.nest.database.read { db in try offers.about(subject, at: now, in: db).map(\.title) }
        }
        #expect(try await offered("sites/1").isEmpty)
        _ = try await scene.incident(.fire, subject: "sites/2", verdict: .test)
        #expect(try await offered("sites/2").isEmpty)
        let fire = try await scene.incident(.fire)
        #expect(try await offered("sites/1") == ["充电"])
        #expect(try await offered("sites/2").isEmpty)
        _ = try await scene.nest.database.write { db in
            try db.execute("UPDATE case_record SET is_open = 0, closed_at = \(Instant.now) WHERE id = \(fire)")
        }
        #expect(try await offered("sites/1") == ["充电"])
        #expect(try await offered("sites/1", at: .now + Timely.spanMs + 1).isEmpty)
    }

    @Test(
        "The public page puts first what lately happened in the town, and tells neither place nor person",
        arguments: Engine.allCases)
    func everybody(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let stranger = try Stranger(scene.nest)
        try await scene.lesson("WATER", .water)
        try await scene.lesson("FIRE", .fire, months: [CivilTime(.now).month])
        func order() async -> (isWaterFirst: Bool, page: String) {
            let page = await stranger.ask(.get, "/lessons?lang=en").text
            guard let water = page.range(of: "WATER"), let fire = page.range(of: "FIRE") else { return (false, page) }
            return (water.lowerBound < fire.lowerBound, page)
        }
        #expect(await !order().isWaterFirst)
        // Neither what was not verified, nor a false alarm, nor what is long past.
        _ = try await scene.incident(.river, verdict: nil)
        _ = try await scene.incident(.river, verdict: .false)
        _ = try await scene.incident(.river, at: .now - Timely.spanMs - 60_000)
        #expect(await !order().isWaterFirst)
        _ = try await scene.incident(.river)
        let (isFirst, page) = await order()
        #expect(isFirst && page.contains("lately happened") && !page.contains("CANARY"))
        let list = await stranger.ask(.get, "/api/v1/lessons").text
        #expect(list.contains(#""afterIncident":true"#) && !list.contains("CANARY"))
    }
}
